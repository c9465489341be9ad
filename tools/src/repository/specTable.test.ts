import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plantInMonorepo } from "./fixture.ts";
import { fixSpecTable, specTable } from "./specTable.ts";

const manifest = JSON.stringify({
  models: {
    small: { gate: true, expect: { verdict: "holds", distinct: 1234, generated: 5678, depth: 9 } },
    broken: { expect: { verdict: "violated", property: "agreement" } },
  },
});

const readme = (rows: string): string =>
  `# Specs\n\n| other | table |\n| --- | --- |\n\n## Every model\n\nAll of them:\n\n${rows}\n\nThe end.\n`;

const HEAD =
  "| spec | model | gate | expected | distinct | generated | depth |\n| --- | --- | --- | --- | --: | --: | --: |";

test("a table that is not what the manifests say is reported and mended, and nothing else is touched", () => {
  const root = plantInMonorepo({ "specs/README.md": readme(HEAD), "specs/a/b/manifest.json": manifest });
  expect(specTable(root)).toEqual([
    { file: "specs/README.md", message: 'the table under "## Every model" is not what the manifests say: npm run fix' },
  ]);

  fixSpecTable(root);
  expect(specTable(root)).toEqual([]);
  const small = "| [`a/b`](a/b) | `small` | yes | holds | 1,234 | 5,678 | 9 |";
  const broken = "| [`a/b`](a/b) | `broken` | no | `agreement` breaks |  |  |  |";
  expect(readFileSync(join(root, "specs/README.md"), "utf8")).toBe(readme(`${HEAD}\n${small}\n${broken}`));
});

test("spaces that align a table do not matter, a count does", () => {
  const rows = (count: string): string =>
    readme(
      `${HEAD}\n| [\`a/b\`](a/b) | \`small\` | yes   | holds | ${count} | 5,678 | 9 |\n| [\`a/b\`](a/b) | \`broken\` | no | \`agreement\` breaks | | | |`,
    );
  const planted = (count: string): string =>
    plantInMonorepo({ "specs/README.md": rows(count), "specs/a/b/manifest.json": manifest });
  expect(specTable(planted("   1,234"))).toEqual([]);
  expect(specTable(planted("1,235"))).toHaveLength(1);
});
