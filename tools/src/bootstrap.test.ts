import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { plant } from "./repository/fixture.ts";

const BOOTSTRAP = readFileSync(fileURLToPath(new URL("../bootstrap.mjs", import.meta.url)), "utf8");

const lock = (version: string): string =>
  JSON.stringify({
    packages: {
      "": { version: "0.1.0" },
      "packages/core": { version: "0.1.0" },
      "node_modules/@quorate/core": { resolved: "packages/core", link: true },
      "node_modules/zod": { version },
      "node_modules/for-another-platform": { version, optional: true },
    },
  });

const installed = (version: string): string =>
  JSON.stringify({
    packages: {
      "node_modules/@quorate/core": { resolved: "packages/core", link: true },
      "node_modules/zod": { version },
    },
  });

/** A stand-in for npm that says what it was asked and, if it is to succeed, installs version 2. */
const npm = (succeeds: boolean): string => `
  const fs = require("node:fs");
  console.log("npm", process.argv.slice(2).join(" "));
  if (${!succeeds}) process.exit(7);
  fs.mkdirSync("node_modules/.bin", { recursive: true });
  fs.writeFileSync("node_modules/.bin/check", "");
  fs.writeFileSync("node_modules/.package-lock.json", ${JSON.stringify(installed("2.0.0"))});
`;

function bootstrap(files: Readonly<Record<string, string>>): { status: number | null; stdout: string; stderr: string } {
  const root = plant({
    "package.json": '{ "engines": { "node": ">=20.19" } }',
    "package-lock.json": lock("2.0.0"),
    "tools/bootstrap.mjs": BOOTSTRAP,
    "npm.cjs": npm(true),
    ...files,
  });
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "tools/bootstrap.mjs")], {
    encoding: "utf8",
    env: { ...process.env, npm_execpath: join(root, "npm.cjs") },
  });
  return { status, stdout, stderr };
}

const because = (reason: string): string =>
  `Installing dependencies with npm ci, because ${reason} is missing or outdated ...\n` +
  "npm ci --include=dev --loglevel=error\n";

test("nothing is said or done when everything is installed", () => {
  const result = bootstrap({
    "node_modules/.package-lock.json": installed("2.0.0"),
    "node_modules/.bin/check": "",
    "npm.cjs": npm(false),
  });

  expect(result).toEqual({ status: 0, stdout: "", stderr: "" });
});

test("a fresh clone is installed, and standard output stays free", () => {
  expect(bootstrap({})).toEqual({ status: 0, stdout: "", stderr: because("node_modules") });
});

test("an outdated package is replaced", () => {
  const result = bootstrap({
    "node_modules/.package-lock.json": installed("1.0.0"),
    "node_modules/.bin/check": "",
  });

  expect(result).toEqual({ status: 0, stdout: "", stderr: because("node_modules/zod") });
});

test("a missing command is linked", () => {
  const result = bootstrap({ "node_modules/.package-lock.json": installed("2.0.0") });

  expect(result).toEqual({ status: 0, stdout: "", stderr: because("node_modules/.bin/check") });
});

test("a failing npm is reported", () => {
  const { status, stderr } = bootstrap({ "npm.cjs": npm(false) });

  expect(status).toBe(1);
  expect(stderr).toContain("npm ci failed");
});

test("an npm that installs something else is reported", () => {
  const { status, stderr } = bootstrap({ "package-lock.json": lock("3.0.0") });

  expect(status).toBe(1);
  expect(stderr).toContain("npm ci succeeded, yet node_modules/zod is missing or outdated.");
});

test("a Node that is too old is reported", () => {
  const { status, stderr } = bootstrap({ "package.json": '{ "engines": { "node": ">=999.1" } }' });

  expect(status).toBe(1);
  expect(stderr).toBe(`Quorate needs Node 999.1 or newer; this is Node ${process.versions.node}.\n`);
});
