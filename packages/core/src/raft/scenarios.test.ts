/**
 * The scenarios of `testdata`, which tell the papers' story with the very steps that Raft takes.
 *
 * `QUORATE_REWRITE=1 npx vitest run packages/core/src/raft/scenarios.test.ts` writes the traces anew. Read what changed
 * before you commit it: a trace is right because the paper says so, and not because the code does so.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RaftPlay } from "../conformance/raft-play.ts";
import { rewrite } from "../conformance/script.ts";

const FOLDER = fileURLToPath(new URL("testdata", import.meta.url));

const files = readdirSync(FOLDER).filter((file) => file.endsWith(".txt"));

test.each(files)("%s", (file) => {
  const script = readFileSync(join(FOLDER, file), "utf8");
  const play = new RaftPlay();
  const played = rewrite(script, (command) => play.play(command));
  if (env["QUORATE_REWRITE"] === "1") writeFileSync(join(FOLDER, file), played);
  else expect(played).toBe(script);
});

describe("the scenarios are worth something", () => {
  test("a trace that is not what happens is found", () => {
    const play = new RaftPlay();
    const expected = "The first node starts.\n> start a\n  a starts\n      sets timer heartbeat\n";
    expect(rewrite(expected, (command) => play.play(command))).toBe(
      "The first node starts.\n> start a\n  a starts\n      sets timer election\n",
    );
  });

  test.each(["dance a", "timeout a heartbeat", "deliver a->b", "persist a", "restart z", "timeout a sleep", "disk a"])(
    "a command that nothing comes of is an error: %s",
    (command) => {
      const play = new RaftPlay();
      play.play("start a b");
      expect(() => play.play(command)).toThrow(/^(There is no|Nothing is|The .* does not run|The disk of|Node z|"")/);
    },
  );
});
