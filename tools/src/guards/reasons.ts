/** A guard that a README lists, why it is not needed for safety, and the files of the tests that fail without it. */
export type Reason = { readonly guard: string; readonly reason: string; readonly tests: readonly string[] };

const HEADING = "## Guards that safety does not need";

/**
 * The rows of the table below the heading: `| file.ts | function | condition | reason | tests |`, all but the reason as code. In
 * a condition, `\|` stands for `|`.
 */
export function reasonsIn(readme: string): readonly Reason[] {
  const [, section = ""] = readme.split(`\n${HEADING}\n`);
  const [own = ""] = section.split("\n## ");
  const rows = own.split("\n").filter((line) => line.startsWith("|"));
  const cells = rows.map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|")));
  // The first two are the head and the rule.
  return cells.slice(2).map(([, file = "", name = "", condition = "", reason = "", tests = ""]) => ({
    guard: `${codeOf(file)}, ${codeOf(name)}: ${codeOf(condition)}`,
    reason,
    tests: codeOf(tests)
      .split(", ")
      .filter((test) => test !== ""),
  }));
}

/** A condition's number, where a function has it twice, stands behind the code. */
function codeOf(cell: string): string {
  return cell.replaceAll("`", "");
}
