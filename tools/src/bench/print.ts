import { stdout } from "node:process";

/** One line of a table. */
export function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(13)).join(" ");
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

export function print(line: string): void {
  stdout.write(`${line}\n`);
}
