import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Problem } from "./problem.ts";

const FILE = "specs/README.md";
const HEADING = "## Every model";
const HEAD = ["spec", "model", "gate", "expected", "distinct", "generated", "depth"];
const RULE = ["---", "---", "---", "---", "--:", "--:", "--:"];

const Manifest = z.object({
  models: z.record(
    z.string(),
    z.object({
      gate: z.boolean().optional(),
      expect: z
        .object({
          verdict: z.enum(["holds", "violated"]),
          property: z.string().optional(),
          distinct: z.number().optional(),
          generated: z.number().optional(),
          depth: z.number().optional(),
        })
        .optional(),
    }),
  ),
});
type Model = z.infer<typeof Manifest>["models"][string];

/** Reports a table of all models in the README of the specs that is not what their manifests say. */
export function specTable(root: string): readonly Problem[] {
  const readme = readmeOf(root);
  if (readme === null) return [];
  if (cellsOf(readme.table).join("\n") === cellsOf(tableOf(root)).join("\n")) return [];
  return [{ file: FILE, message: `the table under "${HEADING}" is not what the manifests say: npm run fix` }];
}

/** Writes the table anew. */
export function fixSpecTable(root: string): void {
  const readme = readmeOf(root);
  if (readme === null || specTable(root).length === 0) return;
  writeFileSync(join(root, FILE), readme.before + tableOf(root) + readme.after);
}

/** The README in three parts, the table being the middle one; null where there is no such heading. */
function readmeOf(root: string): { readonly before: string; readonly table: string; readonly after: string } | null {
  const path = join(root, FILE);
  if (!existsSync(path)) return null;
  const text = readFileSync(path, "utf8");
  const heading = text.indexOf(`\n${HEADING}\n`);
  const start = heading === -1 ? -1 : text.indexOf("\n|", heading) + 1;
  if (start <= 0) return null;
  const end = /\n(?!\|)/.exec(text.slice(start))?.index ?? text.length - start;
  return { before: text.slice(0, start), table: text.slice(start, start + end), after: text.slice(start + end) };
}

function tableOf(root: string): string {
  const files = readdirSync(join(root, "specs"), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith("/manifest.json") && !file.includes("node_modules"))
    .sort();
  const rows = files.flatMap((file) => {
    const { models } = Manifest.parse(JSON.parse(readFileSync(join(root, "specs", file), "utf8")));
    return Object.entries(models).map(([name, model]) => rowOf(dirname(file), name, model));
  });
  return [HEAD, RULE, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function rowOf(spec: string, name: string, { gate = false, expect }: Model): readonly string[] {
  const number = (count: number | undefined): string => count?.toLocaleString("en-US") ?? "";
  const expected = expect?.verdict === "violated" ? `\`${expect.property ?? "something"}\` breaks` : expect?.verdict;
  const counts = [expect?.distinct, expect?.generated, expect?.depth].map(number);
  return [`[\`${spec}\`](${spec})`, `\`${name}\``, gate ? "yes" : "no", expected ?? "", ...counts];
}

/** The cells of each row without the spaces that align them, and without the rule. */
function cellsOf(table: string): readonly string[] {
  return table
    .split("\n")
    .filter((row) => !/^[|:\- ]+$/.test(row))
    .map((row) =>
      row
        .split("|")
        .map((cell) => cell.trim())
        .join("|"),
    );
}
