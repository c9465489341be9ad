/** The example of README.md: it is this code, and it prints what the README says. */

import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { nodeId, paxos, paxosConfig } from "./index.ts";
import type { Message, NodeId, PaxosInput } from "./index.ts";

function example(): void {
  const ids = ["ada", "bob", "cyn"].map(nodeId);
  const nodes = ids.map((id) => {
    const config = paxosConfig(id, ids);
    return { id, config, state: paxos.start(config, paxos.initial(config)).state };
  });
  const network: { from: NodeId; to: NodeId; message: Message }[] = [];

  function give(to: NodeId, input: PaxosInput): void {
    for (const node of nodes.filter(({ id }) => id === to)) {
      const { state, effects } = paxos.step(node.config, node.state, input);
      node.state = state; // A real shell writes state.durable to its disk first, and then says so by `persisted`.
      for (const effect of effects) {
        if (effect.type === "send") network.push({ from: to, to: effect.to, message: effect.message });
        if (effect.type === "output") console.log(`${to} decides ${JSON.stringify(effect.output.value)}`);
      }
    }
  }

  for (const id of ids) give(id, { type: "request", request: { type: "propose", value: `${id}'s value` } });
  // Any order of delivery will do. This one takes the newest message first.
  for (let next = network.pop(); next !== undefined; next = network.pop()) {
    give(next.to, { type: "receive", from: next.from, message: next.message });
  }
}

/** The lines of a text, without the depth that they stand at. */
function lines(text: string): readonly string[] {
  return text.split("\n").map((line) => line.trim());
}

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/^```(?:ts)?\n([\s\S]*?)\n```$/gm)].map(([, block]) => lines(block ?? ""));

test("the README shows this example", () => {
  const [, body] =
    /^function example\(\): void \{\n([\s\S]*?)\n\}\n/m.exec(readFileSync(new URL(import.meta.url), "utf8")) ?? [];
  const shown = blocks.map((block) =>
    block
      .filter((line) => !line.startsWith("import "))
      .join("\n")
      .trim(),
  );
  expect(shown).toContain(lines(body ?? "no example").join("\n"));
});

test("the example prints what the README shows", () => {
  const printed: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
  example();
  log.mockRestore();
  expect(blocks).toContainEqual(printed);
});
