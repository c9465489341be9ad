/** How a member comes to know who it is. */

import type { Plain } from "@quorate/core";
import { describe, expect, test } from "vitest";
import type { NodeOptions } from "../config/options.ts";
import type { Member } from "../store/types.ts";
import { BootstrapError, foundCluster, newIdentity } from "./bootstrap.ts";

type Options = Parameters<typeof newIdentity>[0];

const initialCluster = ["m1", "m2", "m3"].map((name, at) => ({ name, peerUrls: [`http://127.0.0.1:${at + 1}`] }));

function optionsOf(change: Partial<NodeOptions> = {}): Options {
  return {
    name: "m1",
    initialCluster,
    initialClusterState: "new",
    token: "token",
    protocol: "raft",
    dataDir: "m1.quorate",
    advertisePeerUrls: ["http://127.0.0.1:1"],
    ...change,
  };
}

const nobody = (): Promise<Plain> => Promise.reject(new Error("nobody is there"));

const founded = foundCluster(optionsOf());

/** The answer of a member of the cluster in which those of `served` have said where clients reach them. */
function answerOf(served: readonly string[], change: { readonly clusterId?: string } = {}): Plain {
  const members = founded.members.map((member): Member => {
    return { ...member, clientUrls: served.includes(member.name) ? ["http://127.0.0.1:99"] : [] };
  });
  return { clusterId: founded.clusterId, protocol: "raft", members, ...change };
}

describe("a new cluster", () => {
  test("has the same ids for all its members, each its own", async () => {
    const second = await newIdentity(optionsOf({ name: "m2" }), nobody);
    expect(second.clusterId).toBe(founded.clusterId);
    expect(second.members).toEqual(founded.members);
    expect(second.bootstrap).toEqual(founded.members.map(({ id }) => id));
    expect(second.memberId).toBe(founded.members[1]?.id);
    expect(second.memberId).not.toBe(founded.memberId);
  });

  test("of another token is another cluster", () => {
    expect(foundCluster(optionsOf({ token: "other" })).clusterId).not.toBe(founded.clusterId);
  });

  test("is not begun by somebody whom it does not name", async () => {
    await expect(newIdentity(optionsOf({ name: "m4" }), nobody)).rejects.toThrow("--name is m4");
  });

  test("is begun where the others run already, and have not heard of this member", async () => {
    const ask = (): Promise<Plain> => Promise.resolve(answerOf(["m2", "m3"]));
    expect(await newIdentity(optionsOf(), ask)).toEqual(founded);
  });

  test("is not begun anew by a member that has lost what it acknowledged", async () => {
    const ask = (urls: readonly string[]): Promise<Plain> =>
      urls[0]?.endsWith("3") === true ? Promise.resolve(answerOf(["m1", "m3"])) : nobody();
    await expect(newIdentity(optionsOf(), ask)).rejects.toThrow(BootstrapError);
    await expect(newIdentity(optionsOf(), ask)).rejects.toThrow("has served this cluster before");
  });

  test("does not care who answers of another cluster", async () => {
    const ask = (): Promise<Plain> => Promise.resolve(answerOf(["m1"], { clusterId: "00000000000000ff" }));
    expect(await newIdentity(optionsOf(), ask)).toEqual(founded);
  });
});

describe("a member that joins", () => {
  const joining = optionsOf({ initialClusterState: "existing" });

  test("takes its id and the members from whoever knows of it first", async () => {
    const asked: string[] = [];
    const ask = (urls: readonly string[]): Promise<Plain> => {
      asked.push(...urls);
      return urls[0]?.endsWith("2") === true ? nobody() : Promise.resolve(answerOf(["m3"]));
    };
    expect(await newIdentity(joining, ask)).toMatchObject({ memberId: founded.memberId, bootstrap: [] });
    expect(asked).toEqual(["http://127.0.0.1:2", "http://127.0.0.1:3"]);
  });

  test("is told what each of the others has against it", async () => {
    const ask = (urls: readonly string[]): Promise<Plain> =>
      urls[0]?.endsWith("2") === true ? nobody() : Promise.resolve(answerOf([]));
    const stranger = { ...joining, advertisePeerUrls: ["http://127.0.0.1:4"] };
    const joined = newIdentity(stranger, ask);
    await expect(joined).rejects.toThrow("m2: nobody is there; m3 knows of no member at http://127.0.0.1:4");
  });

  test("needs somebody to join, of its own protocol", async () => {
    await expect(newIdentity({ ...joining, initialCluster: [] }, nobody)).rejects.toThrow("names no other member");
    const ask = (): Promise<Plain> => Promise.resolve(answerOf([]));
    await expect(newIdentity({ ...joining, protocol: "zab" }, ask)).rejects.toThrow("--protocol raft");
  });
});
