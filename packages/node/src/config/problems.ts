/** What is wrong with a configuration: everything that can be told at once, so that it is mended at once. */

export class ConfigError extends Error {
  /** Each a sentence or two: what is wrong, where, and how to mend it. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}
