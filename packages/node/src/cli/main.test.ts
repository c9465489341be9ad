import { afterAll, describe, expect, test } from "vitest";
import { version } from "../version.ts";
import { EXIT } from "./exit.ts";
import { Workplace } from "./testing/workplace.ts";

const workplace = new Workplace();
afterAll(() => workplace.remove());

describe.concurrent("help", () => {
  test("names the commands, examples and exit codes", async () => {
    const { stdout, stderr, code } = await workplace.quorate("--help");
    expect(code).toBe(EXIT.ok);
    expect(stderr).toBe("");
    const commands = ["serve", "cluster", "status", "member", "move-leader", "snapshot"];
    for (const word of [...commands, "Examples:\n  quorate cluster ", "etcdctl"]) expect(stdout).toContain(word);
    for (const exitCode of Object.values(EXIT)) expect(stdout).toMatch(new RegExp(`[^\\d]${exitCode} [a-z]`));
  });

  test("of serve has every flag by its group, and examples", async () => {
    const { stdout, code } = await workplace.quorate("serve", "--help");
    expect(code).toBe(EXIT.ok);
    for (const text of [
      "Member:\n  --name <name>",
      "Clustering:",
      "Security:",
      "Unsafe:",
      "QUORATE_DATA_DIR",
      "--config-file",
    ]) {
      expect(stdout).toContain(text);
    }
  });

  test("of no command at all is wrong usage", async () => {
    const { stdout, stderr, code } = await workplace.quorate();
    expect(code).toBe(EXIT.usage);
    expect(stdout).toBe("");
    expect(stderr).toContain("Examples:");
  });

  test("the version is the package's", async () => {
    const { stdout, code } = await workplace.quorate("--version");
    expect([stdout, code]).toEqual([`${version}\n`, EXIT.ok]);
  });
});

describe.concurrent("wrong usage", () => {
  test.each<readonly [string, readonly string[], string]>([
    ["an unknown command", ["srve"], "quorate: There is no command srve. Did you mean serve?"],
    ["an unknown command of member", ["member", "ad"], "unknown command 'ad'"],
    ["an unknown flag", ["serve", "--nmae", "a"], "quorate: There is no flag --nmae. Did you mean --name?"],
    ["a flag of etcd's", ["serve", "--wal-dir=x"], "quorate: --wal-dir is etcd's, and has no counterpart here"],
    ["a word without a flag", ["serve", "a"], `quorate: "a" belongs to no flag.`],
    ["a flag without its value", ["serve", "--name"], "option '--name <name>' argument missing"],
    ["endpoints that are none", ["status", "--endpoints", "here"], `--endpoints is "here": it has to be host:port`],
    ["half a certificate", ["status", "--cert", "c"], "--cert and --key belong together"],
    ["a timeout without a unit", ["status", "--dial-timeout", "3"], "It must be a time such as 500ms, 5s or 1m."],
    ["no size", ["cluster", "--size", "0"], "It must be a number from 1 to 9."],
    ["no port", ["cluster", "--base-port", "70000"], "It must be a port from 1 to 65445."],
    [
      "peer URLs that are none",
      ["member", "add", "d", "--peer-urls", "here"],
      `--peer-urls is "here": it has to be a URL`,
    ],
    ["nobody named", ["move-leader"], "missing required argument 'id or name'"],
  ])("%s", async (_, words, message) => {
    const { stdout, stderr, code } = await workplace.quorate(...words);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^quorate: /);
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
    expect(code).toBe(EXIT.usage);
  });
});

describe.concurrent("wrong configuration", () => {
  test("all problems at once, from every source", async () => {
    const file = workplace.write("a.yaml", "heartbeat-interval: soon\n");
    const words = ["serve", "--max-txn-ops", "0", "--config-file", file];
    const { stderr, code } = await workplace.start(words, { QUORATE_PRE_VOTE: "yes" }).ended;
    expect(stderr).toBe(`quorate: there are 3 problems:
  - heartbeat-interval in ${file} is "soon": it has to be a whole number of milliseconds from 1 to 10000.
  - --max-txn-ops is "0": it has to be a whole number of operations from 1 to 1000000.
  - QUORATE_PRE_VOTE is "yes": it has to be true or false.
`);
    expect(code).toBe(EXIT.configuration);
  });

  test.each<readonly [string, readonly string[], string]>([
    ["a protocol that is none", ["--protocol", "rfat"], `--protocol is "rfat": it has to be one of raft`],
    ["a file that is not there", ["--config-file", "no.yaml"], "--config-file no.yaml can't be read: ENOENT"],
    [
      "a log that can't be written",
      ["--log-outputs", "/nowhere/a.log"],
      "--log-outputs is /nowhere/a.log, which can't be",
    ],
    [
      "a certificate that is not there",
      ["--cert-file", "no.crt", "--key-file", "no.key", "--listen-client-urls", "https://127.0.0.1:1"],
      "The certificate no.crt can't be read: ENOENT",
    ],
  ])("%s", async (_, words, message) => {
    const { stderr, code } = await workplace.quorate("serve", ...words);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(EXIT.configuration);
  });
});
