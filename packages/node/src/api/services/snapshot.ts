/** Maintenance's Snapshot: the whole store as a file, in pieces. */

import type { ApiMember } from "../member.ts";
import type { SnapshotResponse } from "../messages.ts";
import { stream } from "../methods.ts";
import type { NamedMethod } from "../methods.ts";
import { OK } from "../status.ts";

const BLOB_BYTES_MAX = 32 * 1024;

/** The next piece is read when the client has taken what was sent. */
export function snapshotMethod(member: ApiMember): NamedMethod {
  return stream<object, SnapshotResponse>(
    member,
    { service: "etcdserverpb.Maintenance", method: "Snapshot" },
    (send, server) => {
      let isOpen = true;
      let resume = (): void => undefined;
      const room = (): Promise<void> =>
        new Promise((resolve) => {
          resume = resolve;
        });

      const sendAll = async (): Promise<void> => {
        const { size, chunks } = member.backend.snapshot();
        let remainingBytes = size;
        for await (const chunk of chunks) {
          for (let at = 0; at < chunk.length; at += BLOB_BYTES_MAX) {
            const blob = chunk.subarray(at, at + BLOB_BYTES_MAX);
            remainingBytes -= blob.length;
            if (!send({ header: member.header(), remainingBytes, blob })) await room();
            if (!isOpen) return;
          }
        }
        server.finish(OK);
      };

      return {
        message: sendAll,
        end: () => undefined,
        drained: () => resume(),
        closed: () => {
          isOpen = false;
          resume();
        },
      };
    },
  );
}
