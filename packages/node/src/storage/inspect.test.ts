import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { log } from "@quorate/core";
import { expect, test } from "vitest";
import { dataFile } from "./database.ts";
import { inFolder, open } from "./harness.ts";
import { inspectStorage } from "./inspect.ts";

const entries = log.append(log.emptyLog(4), ["five", "six"]);
const marker = { storeVersion: 2, format: "test/1", clusterId: "c1", memberId: "m1" };

test("tells whose a directory is, and what it holds, and changes nothing", () =>
  inFolder(async (directory) => {
    const storage = await open(directory);
    await storage.write({ head: { term: 2 }, entries, snapshot: { head: { index: 4 }, chunks: ["a", "b"] } });
    await expect(inspectStorage(directory)).rejects.toMatchObject({ fault: "locked" });
    await storage.close();
    const before = readFileSync(dataFile(directory));
    const snapshot = { head: { index: 4 }, chunks: 2 };
    expect(await inspectStorage(directory)).toEqual({
      type: "sound",
      bytes: before.length,
      marker,
      contents: { head: { term: 2 }, firstIndex: 5, lastIndex: 6, snapshot },
    });
    expect(readFileSync(dataFile(directory)).equals(before)).toBe(true);
  }));

test("a member that has written nothing yet", () =>
  inFolder(async (directory) => {
    await (await open(directory)).close();
    expect(await inspectStorage(directory)).toMatchObject({ type: "sound", marker, contents: null });
  }));

test("a directory with nothing in it, and none", () =>
  inFolder(async (directory) => {
    await expect(inspectStorage(directory)).rejects.toMatchObject({ fault: "unusable" });
    mkdirSync(directory);
    expect(await inspectStorage(directory)).toEqual({ type: "empty", bytes: 0 });
    writeFileSync(dataFile(directory), "");
    expect(await inspectStorage(directory)).toMatchObject({ type: "empty" });
  }));

test("says what is wrong first", () =>
  inFolder(async (directory) => {
    const storage = await open(directory);
    await storage.write({ head: { term: 2 }, entries, snapshot: null });
    await storage.close();
    truncateSync(dataFile(directory), 5000);
    const found = await inspectStorage(directory);
    expect(found).toMatchObject({ type: "refused", bytes: 5000, fault: { fault: "corrupt" } });
    expect(found.type === "refused" ? found.fault.message : "").toContain("the file ends at byte 5000");
  }));
