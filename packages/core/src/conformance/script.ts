/**
 * Scripts: scenarios in plain text, with the trace that each of their commands is expected to leave.
 *
 * A line that begins with `> ` is a command, the lines that are indented below it are its trace, and all else is prose.
 */

const COMMAND = "> ";
const INDENT = "  ";

/**
 * The script with the traces that `play` gives, command by command: the same text if they are those that it expects.
 *
 * @param play what a command leaves behind, line by line; it throws if it does not know the command
 */
export function rewrite(script: string, play: (command: string) => readonly string[]): string {
  const kept = script.split("\n").filter((line) => !line.startsWith(INDENT));
  return kept
    .flatMap((line) => {
      if (!line.startsWith(COMMAND)) return [line];
      return [line, ...play(line.slice(COMMAND.length).trim()).map((traced) => `${INDENT}${traced}`)];
    })
    .join("\n");
}
