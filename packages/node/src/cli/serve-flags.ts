/** The words behind `quorate serve`: which flags they give, and which of them are none. */

import { Option } from "commander";
import type { Command } from "commander";
import { ETCD_ONLY, FLAG_NAMES, FLAGS, variableOf } from "../config/flags.ts";
import type { FlagGroup, FlagName } from "../config/flags.ts";
import { didYouMean } from "../config/suggest.ts";

export type ServeWords = {
  readonly flags: ReadonlyMap<FlagName, string>;
  readonly configFile: string | null;
  readonly problems: readonly string[];
};

/** Adds the flags named, or all, to `command`; words that are none are left to `serveWords`. */
export function addServeFlags(command: Command, names: readonly FlagName[] = FLAG_NAMES): Command {
  for (const name of names) {
    const { takes, help, group, fallback } = FLAGS[name];
    const text = fallback === "" || fallback === "false" ? help : `${help} (default: ${fallback})`;
    command.addOption(new Option(`--${name}${takes === null ? "" : ` ${takes}`}`, text).helpGroup(`${group}:`));
  }
  return command
    .addOption(
      new Option("--config-file <file>", `flags from a file, YAML or JSON (${variableOf("config-file")})`).helpGroup(
        group("Member"),
      ),
    )
    .allowUnknownOption()
    .allowExcessArguments();
}

function group(name: FlagGroup): string {
  return `${name}:`;
}

/**
 * What the user has given, besides the first `argumentCount` words, which belong to no flag. A flag that takes true or false
 * and stands alone is true.
 */
export function serveWords(command: Command, argumentCount = 0): ServeWords {
  const flags = new Map<FlagName, string>();
  for (const name of FLAG_NAMES) {
    const value: unknown = command.getOptionValue(attributeOf(name));
    if (typeof value === "string") flags.set(name, value);
    else if (value === true) flags.set(name, "true");
  }
  const file: unknown = command.getOptionValue("configFile");
  return {
    flags,
    configFile: typeof file === "string" ? file : null,
    problems: strangers(command.args.slice(argumentCount)),
  };
}

function attributeOf(name: FlagName): string {
  return new Option(`--${name}`).attributeName();
}

/** Flags that nobody knows; or else words that belong to none. */
function strangers(words: readonly string[]): readonly string[] {
  const flags = words.filter((word) => /^-./.test(word));
  if (flags.length > 0) return flags.map(strangeFlag);
  return words.map((word) => `"${word}" belongs to no flag.`);
}

function strangeFlag(word: string): string {
  const name = word.replace(/^-+/, "").replace(/=.*$/s, "");
  const advice = ETCD_ONLY.get(name);
  if (advice !== undefined) return `--${name} is etcd's, and has no counterpart here: ${advice}.`;
  return `There is no flag ${word.replace(/=.*$/s, "")}.${didYouMean(name, FLAG_NAMES, "--")}`;
}
