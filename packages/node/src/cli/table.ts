/** `rows` under `titles`, in columns, as etcdctl's `-w table` draws them. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  const drawn = (cells: readonly string[]): string =>
    `|${widths.map((width, column) => ` ${(cells[column] ?? "").padEnd(width)} `).join("|")}|`;
  return [line, drawn(titles), line, ...rows.map(drawn), line].join("\n");
}

/** A number of bytes as people read it. */
export function readableSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1000 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[power] ?? ""}`;
}
