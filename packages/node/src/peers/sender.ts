/** Who is behind a connection between members, for those who stand in its way and only look. */

import type { NodeId } from "@quorate/core";
import { FrameError } from "./frames.ts";
import { Incoming } from "./incoming.ts";
import { readHello } from "./words.ts";

/** Looks at the first bytes of a connection, and lets them be. */
export class SenderFinder {
  readonly #incoming = new Incoming();

  /**
   * The member that has connected, null for somebody who is none, or `undefined` as long as that has not come.
   *
   * @throws FrameError if it is no connection between members
   */
  find(piece: Buffer): NodeId | null | undefined {
    for (const { type, body } of this.#incoming.read(piece, () => FIRST_BYTES_MAX)) {
      if (type !== "hello") throw new FrameError(`the first frame is of the type ${type}, and no hello`);
      const hello = readHello(body);
      return hello.type === "member" ? hello.from : null;
    }
    return undefined;
  }
}

const FIRST_BYTES_MAX = 64 * 1024;
