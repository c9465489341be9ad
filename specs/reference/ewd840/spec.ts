import { functionOf, integer, model, spec, value } from "@quorate/checker";
import type { FullState, ModelState } from "@quorate/checker";

type Node = `n${number}`;
type Color = "white" | "black";

export default spec({
  about: "Dijkstra's termination detection on a ring (EWD 840), as the TLA+ Examples model it.",
  parameters: { nodes: integer("nodes of the ring", { min: 2, max: 6, default: 3 }) },
  build: (parameters) => {
    /** The ring in its order. With one digit each, the names compare as the positions do. */
    const nodes = Array.from({ length: parameters.nodes }, (_, position): Node => `n${position}`);
    const others = nodes.filter((node) => node !== "n0");
    /** The token travels downwards; from node 0 it goes to the last one. */
    const previous = (node: Node): Node => nodes.at(nodes.indexOf(node) - 1) ?? node;

    const variables = {
      active: functionOf<Node, boolean>(nodes, false),
      color: functionOf<Node, Color>(nodes, "white"),
      tpos: value<Node>("n0"),
      tcolor: value<Color>("black"),
    };
    type State = ModelState<typeof variables>;

    const terminated = (s: State): boolean => nodes.every((node) => !s.active[node]);
    const terminationDetected = (s: State): boolean =>
      s.tpos === "n0" && s.tcolor === "white" && s.color.n0 === "white" && !s.active.n0;

    return model(variables, {
      // Only the token's colour is fixed: nothing may be concluded from the first round.
      initial: function* (): Iterable<FullState<typeof variables>> {
        for (const awake of subsets(nodes)) {
          for (const black of subsets(nodes)) {
            for (const tpos of nodes) {
              yield {
                active: record(nodes, (node) => awake.includes(node)),
                color: record(nodes, (node) => (black.includes(node) ? "black" : "white")),
                tpos,
                tcolor: "black",
              };
            }
          }
        }
      },
      actions: (action) => ({
        initiateProbe: action((s) => {
          if (s.tpos !== "n0") return undefined;
          const inconclusive = [s.tcolor === "black", s.color.n0 === "black"];
          return forEachTrue(inconclusive, { tpos: previous("n0"), tcolor: "white", color: { n0: "white" } });
        }),
        passToken: action({ i: others }, (s, { i }) => {
          if (s.tpos !== i) return undefined;
          const mayPass = [!s.active[i], s.color[i] === "black", s.tcolor === "black"];
          const tcolor = s.color[i] === "black" ? "black" : s.tcolor;
          return forEachTrue(mayPass, { tpos: previous(i), tcolor, color: { [i]: "white" } });
        }),
        // A message upwards wakes a node that the token may already have passed, so its sender turns black.
        sendMsg: action({ i: nodes, j: nodes }, (s, { i, j }) => {
          if (i === j || !s.active[i]) return undefined;
          return j > i ? { active: { [j]: true }, color: { [i]: "black" } } : { active: { [j]: true } };
        }),
        deactivate: action({ i: nodes }, (s, { i }) => (s.active[i] ? { active: { [i]: false } } : undefined)),
      }),
      always: {
        terminationDetection: (s) => !terminationDetected(s) || terminated(s),
        /** Dijkstra's invariant, which is what makes the detection sound. */
        inv: (s) =>
          s.tcolor === "black" ||
          nodes.some((node) => node <= s.tpos && s.color[node] === "black") ||
          nodes.every((node) => node <= s.tpos || !s.active[node]),
      },
      step: {
        /** Every step is one that the abstract problem allows, or leaves its two variables alone. */
        syncTerminationDetection: (before, after) => {
          const detectedBefore = terminationDetected(before);
          const detectedAfter = terminationDetected(after);
          const kept = detectedAfter === detectedBefore;
          const changed = nodes.filter((node) => before.active[node] !== after.active[node]);
          const [node] = changed;
          if (node === undefined) return kept || (terminated(before) && detectedAfter);
          if (changed.length > 1) return false;
          if (before.active[node]) return kept || detectedAfter === terminated(after);
          return kept && !terminated(before);
        },
      },
      sometimes: {
        detected: terminationDetected,
        activeBehindToken: (s) => nodes.some((node) => node > s.tpos && s.active[node]),
        whiteTokenOnTheWay: (s) => s.tpos !== "n0" && s.tcolor === "white",
      },
      deadlock: "allowed",
    });
  },
});

/** One way to take a step for each disjunct of its guard that is true. */
function forEachTrue<U>(disjuncts: readonly boolean[], update: U): readonly U[] {
  return disjuncts.filter(Boolean).map(() => update);
}

function record<K extends string, T>(keys: readonly K[], item: (key: K) => T): { readonly [key: string]: T } {
  return Object.fromEntries(keys.map((key) => [key, item(key)]));
}

function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.reduce<readonly (readonly T[])[]>(
    (partial, item) => partial.flatMap((subset) => [subset, [...subset, item]]),
    [[]],
  );
}
