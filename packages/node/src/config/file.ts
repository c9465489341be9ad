/** A member's configuration file: YAML, or JSON, which is YAML too, with the keys of etcd's. */

import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { z } from "zod";
import { ETCD_ONLY, FLAG_NAMES, isFlagName } from "./flags.ts";
import type { FlagName } from "./flags.ts";
import type { Given } from "./given.ts";
import { ConfigError } from "./problems.ts";
import { didYouMean } from "./suggest.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const entry = z.union([scalar, z.array(scalar), z.null()]);
const section = z.record(z.string(), entry);
const file = z.record(z.string(), z.union([entry, section]));
type Entry = z.infer<typeof entry>;

/** The sections that etcd has, and the flags that their keys stand for. */
const SECTIONS: ReadonlyMap<string, ReadonlyMap<string, FlagName>> = new Map<string, ReadonlyMap<string, FlagName>>([
  [
    "client-transport-security",
    new Map<string, FlagName>([
      ["cert-file", "cert-file"],
      ["key-file", "key-file"],
      ["client-cert-auth", "client-cert-auth"],
      ["trusted-ca-file", "trusted-ca-file"],
      ["auto-tls", "auto-tls"],
    ]),
  ],
  [
    "peer-transport-security",
    new Map<string, FlagName>([
      ["cert-file", "peer-cert-file"],
      ["key-file", "peer-key-file"],
      ["client-cert-auth", "peer-client-cert-auth"],
      ["trusted-ca-file", "peer-trusted-ca-file"],
      ["allowed-cn", "peer-cert-allowed-cn"],
      ["allowed-hostname", "peer-cert-allowed-hostname"],
    ]),
  ],
]);

/**
 * The flags that the file at `path` gives, and what is wrong with others.
 *
 * @throws ConfigError if there is no such file, or if it is no mapping
 */
export function readConfigFile(path: string): {
  readonly given: readonly Given[];
  readonly problems: readonly string[];
} {
  const content = file.safeParse(parse(path, read(path)));
  if (!content.success) {
    const [issue] = content.error.issues;
    const key = issue === undefined || issue.path.length === 0 ? "" : ` (see ${issue.path.join(".")})`;
    throw new ConfigError([`${path} has to be a mapping from flags to their values${key}, such as "name: a".`]);
  }
  const given: Given[] = [];
  const problems: string[] = [];
  const add = (key: string, name: FlagName, value: Entry): void => {
    if (value !== null) given.push({ name, text: textOf(value), label: `${key} in ${path}` });
  };
  for (const [key, value] of Object.entries(content.data)) {
    const keys = SECTIONS.get(key);
    if (isFlagName(key) && !isSection(value)) add(key, key, value);
    else if (isFlagName(key)) problems.push(`${key} in ${path} has to be a value, and not a mapping.`);
    else if (keys === undefined) problems.push(unknownKey(path, key, FLAG_NAMES));
    else if (!isSection(value))
      problems.push(`${key} in ${path} has to be a mapping, with ${[...keys.keys()].join(", ")}.`);
    else {
      for (const [inner, innerValue] of Object.entries(value)) {
        const name = keys.get(inner);
        if (name === undefined) problems.push(unknownKey(path, `${key}.${inner}`, [...keys.keys()]));
        else add(`${key}.${inner}`, name, innerValue);
      }
    }
  }
  return { given, problems };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`--config-file ${path} can't be read: ${reason}.`]);
  }
}

function parse(path: string, text: string): unknown {
  // Duplicate keys are errors to this parser, and so is what an alias would blow up to.
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) throw new ConfigError([`${path} is no YAML: ${error.message.trimEnd()}`]);
  return document.toJS({ maxAliasCount: 100 }) ?? {};
}

function isSection(value: Entry | z.infer<typeof section>): value is z.infer<typeof section> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: Exclude<Entry, null>): string {
  return typeof value === "object" ? value.join(",") : String(value);
}

function unknownKey(path: string, key: string, known: readonly string[]): string {
  const advice = ETCD_ONLY.get(key);
  if (advice !== undefined) return `${key} in ${path} is etcd's, and has no counterpart here: ${advice}.`;
  return `${path} has a key ${key}, which is no flag.${didYouMean(key.split(".").at(-1) ?? key, known)}`;
}
