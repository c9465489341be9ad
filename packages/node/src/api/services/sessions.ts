/** The service Sessions, which is not etcd's: see `proto/quorate.proto`. */

import { randomBytes } from "node:crypto";
import type { ApiMember } from "../member.ts";
import type { OpenSessionResponse } from "../messages.ts";
import { voterUnary } from "../methods.ts";
import type { NamedMethod } from "../methods.ts";

export function sessionMethods(member: ApiMember): readonly NamedMethod[] {
  const name = { package: "quorate", service: "Sessions", method: "Open" };
  return [
    voterUnary<object, OpenSessionResponse>(member, name, async (_, size) => {
      const { value, revision } = await member.propose(
        { type: "sessionOpen", nonce: randomBytes(8).toString("hex") },
        size,
      );
      if (value.type !== "sessionOpened")
        throw new Error(`The opening of a session was answered with a ${value.type}.`);
      return { header: member.header(revision), clientId: value.client };
    }),
  ];
}
