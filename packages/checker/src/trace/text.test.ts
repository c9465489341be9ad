import { readFileSync, writeFileSync } from "node:fs";
import type { Plain } from "@quorate/core";
import { expect, test } from "vitest";
import type { Cluster } from "../cluster/cluster.ts";
import type { Model } from "../model/model.ts";
import { functionOf, model, setOf, value } from "../model/model.ts";
import { run } from "../run.ts";
import { countingCluster } from "../testing/counting.ts";
import { actionText, traceText } from "./text.ts";

/** Two nodes over links that lose and duplicate, with disks that lag behind, until the second has counted to 3. */
const lossy = countingCluster({
  network: { loss: 1, duplication: 1 },
  faults: { crashRecovery: 1, partitions: 1 },
  persistence: "asynchronous",
  observers: {
    outputs: {
      initial: [],
      observe: (history: Plain, event) => {
        if (event.type === "crash") return history;
        const counts = event.effects.flatMap((effect) => (effect.type === "output" ? [effect.output.count] : []));
        return [...(history as readonly Plain[]), ...counts];
      },
    },
  },
  always: {
    forgetsNothing: ({ nodes, history, partitioned }) =>
      !partitioned || !nodes.some(({ up }) => !up) || (history["outputs"] as readonly Plain[]).length < 3,
  },
});

/** Two philosophers who each wait for the other's fork. */
const philosophers = model(
  {
    forks: setOf<string>(["east", "west"]),
    holds: functionOf<"ada" | "bob", readonly string[]>(["ada", "bob"], []),
    meals: value<number>(0),
  },
  {
    actions: (action) => ({
      take: action({ who: ["ada", "bob"], fork: ["east", "west"] }, ({ forks, holds }, { who, fork }) =>
        forks.has(fork) ? { forks: { remove: [fork] }, holds: { [who]: [...holds[who], fork] } } : undefined,
      ),
      eat: action({ who: ["ada", "bob"] }, ({ holds, meals }, { who }) =>
        holds[who].length === 2 && meals === 0
          ? { forks: { add: holds[who] }, holds: { [who]: [] }, meals: meals + 1 }
          : undefined,
      ),
    }),
    always: { nobodyStarves: ({ meals, forks }) => meals === 0 || forks.size > 0 },
    deadlock: "allowed",
  },
);

/** `UPDATE_GOLDEN=1` writes the files anew; read what changed before you commit it. */
test.each<[string, Cluster | Model, string]>([
  ["cluster", lossy, "forgetsNothing"],
  ["model", philosophers, "nobodyStarves"],
])("the counterexample of a %s reads as it should", async (name, subject, property) => {
  const { properties } = await run(subject);
  const trace = properties.find((result) => result.name === property)?.trace ?? [];
  const text = `${traceText(trace)}\n`;
  const file = new URL(`golden/${name}.txt`, import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
});

test.each<[string, Parameters<typeof actionText>[0]]>([
  [
    "deliver ping a -> b {n: 1}",
    { name: "deliver ping", details: { from: "a", to: "b", message: { type: "ping", n: 1 } } },
  ],
  ["deliver ping a -> b", { name: "deliver ping", details: { from: "a", to: "b", message: { type: "ping" } } }],
  [
    "request put c -> a {key: #00ff}",
    { name: "request put", details: { client: "c", node: "a", request: { type: "put", key: Uint8Array.of(0, 255) } } },
  ],
  ["timeout election at a", { name: "timeout election", details: { node: "a" } }],
  ['partition {side: ["a", "b"]}', { name: "partition", details: { side: ["a", "b"] } }],
  ["heal", { name: "heal", details: {} }],
  ['take {who: "ada", "odd name": null}', { name: "take", details: { who: "ada", "odd name": null } }],
])("an action reads %j", (text, action) => {
  expect(actionText(action)).toBe(text);
});
