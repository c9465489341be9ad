import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLogger } from "./log.ts";
import { prettyLine } from "./pretty.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-log-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function linesOf(file: string): readonly string[] {
  return readFileSync(file, "utf8").trimEnd().split("\n");
}

test("a line is an object with level, time and member, and goes to every output", () => {
  const outputs = [join(folder, "a.log"), join(folder, "b.log")];
  const log = createLogger({ level: "info", outputs, member: "m1" });
  log.debug({}, "not asked for");
  log.warn({ peer: "b", isConnected: true }, "a peer");
  for (const file of outputs) {
    const lines = linesOf(file);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      member: "m1",
      peer: "b",
      isConnected: true,
      msg: "a peer",
    });
  }
});

test("debug lines are written when they are asked for, beside others", () => {
  const file = join(folder, "debug.log");
  const log = createLogger({ level: "debug", outputs: [file], member: "m1" });
  log.debug({}, "one");
  log.fatal({}, "two");
  expect(linesOf(file)).toHaveLength(2);
});

test("keys, values and what lets somebody in are never written", () => {
  const file = join(folder, "secret.log");
  const log = createLogger({ level: "info", outputs: [file], member: "m1" });
  const kv = { key: "SECRET", value: "SECRET", version: 1 };
  log.info({ ...kv, command: { type: "put", ...kv } }, "flat");
  log.info({ request: kv, list: [kv, kv] }, "one deep");
  log.info(
    { request: { op: kv, list: [kv] }, tls: { privateKey: "SECRET" }, headers: { authorization: "SECRET" } },
    "two deep",
  );
  const text = readFileSync(file, "utf8");
  log.info({ bytes: Buffer.from("SECRET"), very: { deep: [[{ in: { it: kv } }]] } }, "deep");
  expect(linesOf(file)).toHaveLength(4);
  expect(text).not.toContain("SECRET");
  expect(text).toContain('"version":1');
});

test("an error is written with its message", () => {
  const file = join(folder, "error.log");
  createLogger({ level: "info", outputs: [file], member: "m1" }).error({ error: new Error("broken") }, "oh");
  expect(JSON.parse(linesOf(file)[0] ?? "")).toMatchObject({ error: { name: "Error", message: "broken" }, msg: "oh" });
});

test("people read one line, with what belongs to it behind", () => {
  const line = JSON.stringify({
    level: "warn",
    time: "2026-01-02T03:04:05.006Z",
    member: "m1",
    peer: "b",
    reason: "no route",
    tries: 3,
    msg: "a peer can't be reached",
  });
  expect(stripVTControlCharacters(prettyLine(`${line}\n`))).toBe(
    '03:04:05.006 WARN  a peer can\'t be reached peer=b reason="no route" tries=3',
  );
  expect(prettyLine("(node:1) Warning: something\n")).toBe("(node:1) Warning: something");
});
