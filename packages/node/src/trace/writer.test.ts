/** Lines on their way to a disk that is slow, full, or as it should be. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFile, TraceWriter } from "./writer.ts";
import type { TraceOutput, WriterOptions } from "./writer.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-writer-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const errors: Error[] = [];
beforeEach(() => {
  errors.length = 0;
});

function options(create: WriterOptions["create"] = createFile): WriterOptions {
  return { file: join(folder, "t"), index: 0, backlogMax: 1000, onError: (error) => errors.push(error), create };
}

function read(name: string): readonly string[] {
  return readFileSync(join(folder, name), "utf8").split("\n");
}

/** A file on a disk with room for so many bytes. */
function fullAfter(room: number): WriterOptions["create"] {
  return async (path) => {
    const output = await createFile(path);
    let used = 0;
    return {
      write: async (bytes, offset) => {
        const fitting = bytes.subarray(offset, offset + room - used);
        if (fitting.length === 0) throw new Error("ENOSPC: no space left on device, write");
        used += fitting.length;
        return await output.write(fitting, 0);
      },
      truncate: async (length) => {
        used = length;
        await output.truncate(length);
      },
      close: () => output.close(),
    };
  };
}

test("lines are written in their order, by themselves and when the trace is closed, each part to its own file", async () => {
  const writer = await TraceWriter.open(options());
  writer.line("one");
  await expect.poll(() => read("t")).toEqual(["one", ""]);
  writer.line("two");
  writer.next();
  writer.line("three");
  writer.next();
  writer.line("four");
  await writer.close();
  expect(readdirSync(folder).sort()).toEqual(["t", "t.1", "t.2"]);
  expect([read("t"), read("t.1"), read("t.2")]).toEqual([
    ["one", "two", ""],
    ["three", ""],
    ["four", ""],
  ]);
  expect(errors).toEqual([]);
  writer.line("too late");
  expect(read("t.2")).toEqual(["four", ""]);
});

test("where the disk is full, the file ends with a whole line and the reason, and what comes later is dropped", async () => {
  const writer = await TraceWriter.open(options(fullAfter(180)));
  writer.line("a".repeat(40));
  await expect.poll(() => read("t").length).toBe(2);
  writer.line("b".repeat(160));
  await expect.poll(() => errors.length).toBe(1);
  expect(writer.isOpen).toBe(false);
  writer.line("c");
  await writer.close();
  const reason = "ENOSPC: no space left on device, write";
  const end = JSON.stringify({ type: "end", reason: "failed", error: reason });
  expect(read("t")).toEqual(["a".repeat(40), end, ""]);
  expect(errors.map(({ message }) => message)).toEqual([reason]);
});

test("where not even the reason fits, that is told too", async () => {
  const writer = await TraceWriter.open(options(fullAfter(60)));
  writer.line("a".repeat(50));
  await expect.poll(() => read("t").length).toBe(2);
  writer.line("b".repeat(50));
  await writer.close();
  await expect.poll(() => errors.length).toBe(2);
  expect(errors[1]?.message).toBe("The trace does not say itself that it has ended early.");
  expect(read("t")[0]).toBe("a".repeat(50));
});

test("a line that is longer than all that may wait is written, for it says nothing of the disk", async () => {
  const writer = await TraceWriter.open({ ...options(), backlogMax: 100 });
  writer.line("header");
  writer.line("s".repeat(1000));
  await writer.close();
  expect(read("t")).toEqual(["header", "s".repeat(1000), ""]);
  expect(errors).toEqual([]);
});

test("a trace that fails before its header was written has it all the same", async () => {
  const writer = await TraceWriter.open(options());
  writer.line("header");
  writer.fail(new Error("a reason"));
  await writer.close();
  expect(read("t")).toEqual(["header", JSON.stringify({ type: "end", reason: "failed", error: "a reason" }), ""]);
});

test("a trace whose header can't be written is empty, as of a life that wrote nothing", async () => {
  const writer = await TraceWriter.open(options(fullAfter(100)));
  writer.line("h".repeat(200));
  await writer.close();
  expect(read("t")).toEqual([""]);
  expect(errors.map(({ message }) => message)).toEqual(["ENOSPC: no space left on device, write"]);
});

test("what waits for a disk that does not answer is bounded", async () => {
  let answer: () => void = () => undefined;
  const hanging = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const create = async (path: string): Promise<TraceOutput> => {
    const output = await createFile(path);
    let isFirst = true;
    return {
      ...output,
      write: async (bytes, offset) => {
        begin();
        if (isFirst) await hanging;
        isFirst = false;
        return await output.write(bytes, offset);
      },
    };
  };
  const writer = await TraceWriter.open({ ...options(create), backlogMax: 100 });
  writer.line("first");
  await begun;
  for (let line = 0; line < 100; line++) writer.line("0123456789");
  expect(writer.isOpen).toBe(false);
  expect(errors.map(({ message }) => message)).toEqual([
    "The disk is too slow for the trace: 121 characters wait for it.",
  ]);
  answer();
  await writer.close();
  expect(read("t").map((line) => line.slice(0, 30))).toEqual(["first", '{"type":"end","reason":"failed', ""]);
});
