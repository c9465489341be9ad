import { integer, model, setOf, spec } from "@quorate/checker";

const valueNames = ["v1", "v2", "v3", "v4", "v5"] as const;
type Value = (typeof valueNames)[number];

export default spec({
  about: "Consensus: at most one value is chosen, and that for ever.",
  parameters: { values: integer("values that can be chosen", { min: 1, max: valueNames.length, default: 3 }) },
  build: ({ values }) =>
    model(
      { chosen: setOf<Value>() },
      {
        actions: (action) => ({
          choose: action({ v: valueNames.slice(0, values) }, (s, { v }) =>
            s.chosen.size === 0 ? { chosen: { add: [v] } } : undefined,
          ),
        }),
        always: { agreement: (s) => s.chosen.size <= 1 },
        // Agreement alone would let a value be chosen, forgotten, and another one chosen.
        step: { stability: (before, after) => [...before.chosen].every((v) => after.chosen.has(v)) },
        sometimes: { chosen: (s) => s.chosen.size === 1 },
        // The protocol is over once a value is chosen.
        deadlock: "allowed",
      },
    ),
});
