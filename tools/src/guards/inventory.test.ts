import { expect, test } from "vitest";
import { guardsOf } from "./inventory.ts";

const source = `
export function onVote(state: State, message: Message): Step {
  if (message.term < state.term) return unchanged(state);
  if (state.vote !== null || (!isUpToDate(state) || isOld)) {
    note(message);
    return unchanged(state);
  }
  if (state.role === "leader") note(message);
  for (const item of message.items) if (item.isEmpty) continue;
  else take(item);
  const step = (next: State) => (next.isDone ? unchanged(next) : finish(next));
  return message.isLast ? step(state) : null;
}
const machine = {
  step(state: State) {
    if (state.vote === null) throw new Error("no vote");
    if (state.isA) return a;
    if (state.isA) return b;
    return state.items.map(({ isB }) => isB === 0 ? 1 : 2);
  },
};
`;

const guards = guardsOf("vote.ts", source);

test("the guards of a file are the conditions under which a function goes no further", () => {
  expect(guards.map(({ name }) => name)).toEqual([
    "vote.ts, onVote: message.term < state.term",
    "vote.ts, onVote: state.vote !== null",
    "vote.ts, onVote: !isUpToDate(state)",
    "vote.ts, onVote: isOld",
    "vote.ts, onVote: item.isEmpty",
    "vote.ts, onVote: next.isDone",
    "vote.ts, step: state.vote === null",
    "vote.ts, step: state.isA",
    "vote.ts, step: state.isA (2)",
  ]);
});

test.each([
  ["message.term < state.term", "if (message.term < state.term) return unchanged(state);", ""],
  ["!isUpToDate(state)", "state.vote !== null || (!isUpToDate(state) || isOld)", "state.vote !== null || isOld"],
  ["item.isEmpty", "if (item.isEmpty) continue;\n  else take(item);", "take(item);"],
  ["next.isDone", "next.isDone ? unchanged(next) : finish(next)", "finish(next)"],
])("without %s the rest of the file is as it was", (condition, guarded, bare) => {
  const guard = guards.find(({ name }) => name.endsWith(`: ${condition}`));
  expect(guard?.without).toBe(source.replace(guarded, bare));
});

test("a file that can't be read is no file without guards", () => {
  expect(() => guardsOf("vote.ts", "if (")).toThrow(/^vote\.ts: /);
});
