/** From flags, environment and file to a member's options. A flag goes before a variable, and that before the file. */

import { ConfigError } from "./problems.ts";
import { checkConsistency } from "./consistency.ts";
import { readConfigFile } from "./file.ts";
import { FLAG_NAMES, FLAGS, variableOf } from "./flags.ts";
import type { FlagName, FlagValues } from "./flags.ts";
import type { Given } from "./given.ts";
import type { NodeOptions } from "./options.ts";
import { optionsOf } from "./resolve.ts";
import { didYouMean } from "./suggest.ts";

/** `serve`: to run now. `restore`: only to say who the members are; where they listen, and how, is said when they run. */
export type Purpose = "serve" | "restore";

export type Sources = {
  readonly purpose: Purpose;
  /** Values of the flags on the command line, without their dashes. */
  readonly flags: ReadonlyMap<FlagName, string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly configFile: string | null;
  /** Problems that the command line had already. */
  readonly problems: readonly string[];
  /** Protocols that there are. */
  readonly protocols: readonly string[];
};

/** Variables that are no flags of a member's. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(
  ["config-file", "endpoints", "cacert", "cert", "key", "command-timeout", "dial-timeout", "test-report"].map(
    variableOf,
  ),
);

/**
 * The options of a member, and what is odd about them.
 *
 * @throws ConfigError with everything that is wrong
 */
export function loadOptions(sources: Sources): { readonly options: NodeOptions; readonly warnings: readonly string[] } {
  const path = sources.configFile ?? sources.environment[variableOf("config-file")] ?? null;
  const file = path === null || path === "" ? { given: [], problems: [] } : readConfigFile(path);
  const problems = [...sources.problems, ...file.problems];
  const given = new Map<FlagName, Given>();
  for (const one of [...file.given, ...fromEnvironment(sources.environment), ...fromFlags(sources.flags)]) {
    given.set(one.name, one);
  }
  const read = readValues(given, problems);
  const label = (name: FlagName): string => given.get(name)?.label ?? `--${name}`;
  // What belongs together can only be judged once each part has been understood.
  if (read === null) throw new ConfigError(problems);
  const resolved = optionsOf(read, label, problems);
  if (resolved !== null)
    checkConsistency(
      { values: read, options: resolved, label, protocols: sources.protocols, problems },
      sources.purpose,
    );
  if (resolved === null || problems.length > 0) throw new ConfigError(problems);
  return { options: resolved, warnings: unknownVariables(sources.environment) };
}

function fromFlags(flags: Sources["flags"]): readonly Given[] {
  return [...flags].map(([name, text]) => ({ name, text, label: `--${name}` }));
}

/** A variable that is empty counts as one that is not there, as in etcd. */
function fromEnvironment(environment: Sources["environment"]): readonly Given[] {
  return FLAG_NAMES.flatMap((name) => {
    const label = variableOf(name);
    const text = environment[label] ?? "";
    return text === "" ? [] : [{ name, text, label }];
  });
}

/** The values of all flags, or null, and `problems` grows, if there are some that nobody can read. */
function readValues(given: ReadonlyMap<FlagName, Given>, problems: string[]): FlagValues | null {
  const values: Partial<Record<FlagName, unknown>> = {};
  let isComplete = true;
  for (const name of FLAG_NAMES) {
    const one = given.get(name);
    const result = FLAGS[name].schema.safeParse(one?.text ?? FLAGS[name].fallback);
    if (result.success) {
      values[name] = result.data;
      continue;
    }
    isComplete = false;
    const expected = result.error.issues.map(({ message }) => message).join("; ");
    problems.push(`${one?.label ?? `--${name}`} is "${one?.text ?? ""}": it has to be ${expected}.`);
  }
  return isComplete && isFlagValues(values) ? values : null;
}

/** Each value came out of its own flag's schema, which is what the type says of it. */
function isFlagValues(values: Partial<Record<FlagName, unknown>>): values is FlagValues {
  return FLAG_NAMES.every((name) => name in values);
}

function unknownVariables(environment: Sources["environment"]): readonly string[] {
  const known = new Set(FLAG_NAMES.map(variableOf));
  return Object.keys(environment)
    .filter((key) => key.startsWith("QUORATE_") && !known.has(key) && !OTHER_VARIABLES.has(key))
    .map((key) => `The variable ${key} stands for no flag, and is passed over.${didYouMean(key, [...known])}`);
}
