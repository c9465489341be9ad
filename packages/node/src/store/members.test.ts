/** Members and alarms, with etcd's reasons against them. */

import { describe, expect, test } from "vitest";
import { alarmsOf, membersOf, storeMachine } from "./index.ts";
import { after, errorOf, run } from "./testing/run.ts";
import type { Member, StoreCommand } from "./types.ts";

function member(letter: string, more: Partial<Member> = {}): Member {
  const peerUrls = [`http://${letter}:2380`];
  return { id: letter.repeat(16), name: letter, peerUrls, clientUrls: [], isLearner: false, ...more };
}

const [a, b] = [member("a"), member("b")];
const state = after({ type: "membersInit", members: [b, a] });

describe("members", () => {
  test("begin once, and stand in the order of their ids", () => {
    expect(membersOf(state)).toEqual([a, b]);
    const again = run(state, { type: "membersInit", members: [member("c")] });
    expect(again.state).toBe(state);
    expect(run(storeMachine.initial, { type: "membersInit", members: [] }).state).toBe(storeMachine.initial);
  });

  test("come, are changed, and go", () => {
    const learner = member("0", { name: "", isLearner: true });
    const { state: last, results } = run(
      state,
      { type: "memberAdd", member: learner },
      { type: "memberPublish", id: learner.id, name: "zero", clientUrls: ["http://0:2379"] },
      { type: "memberUpdate", id: learner.id, peerUrls: ["http://0:1"] },
      { type: "memberPromote", id: learner.id },
      { type: "memberRemove", id: a.id },
    );
    expect(results.map((result) => result.ok)).toEqual([true, true, true, true, true]);
    const promoted = { id: learner.id, name: "zero", peerUrls: ["http://0:1"], clientUrls: ["http://0:2379"] };
    expect(membersOf(last)).toEqual([{ ...promoted, isLearner: false }, b]);
  });

  test.each<readonly [string, StoreCommand, string]>([
    ["a second one of one id", { type: "memberAdd", member: member("a", { peerUrls: ["http://x"] }) }, "memberExists"],
    [
      "one whose URL another has",
      { type: "memberAdd", member: member("c", { peerUrls: b.peerUrls }) },
      "peerUrlExists",
    ],
    ["a removal of nobody", { type: "memberRemove", id: member("c").id }, "memberNotFound"],
    ["a URL that another has", { type: "memberUpdate", id: a.id, peerUrls: b.peerUrls }, "peerUrlExists"],
    ["an update of nobody", { type: "memberUpdate", id: member("c").id, peerUrls: [] }, "memberNotFound"],
    ["a promotion of a voter", { type: "memberPromote", id: a.id }, "memberNotLearner"],
    ["a promotion of nobody", { type: "memberPromote", id: member("c").id }, "memberNotFound"],
    ["news of nobody", { type: "memberPublish", id: member("c").id, name: "", clientUrls: [] }, "memberNotFound"],
  ])("refused: %s", (_what, command, error) => {
    expect(errorOf(state, command)).toBe(error);
  });

  test("keep their own URL in an update, and news that are none change nothing", () => {
    const same = run(
      state,
      { type: "memberUpdate", id: a.id, peerUrls: a.peerUrls },
      { type: "memberPublish", id: a.id, name: "a", clientUrls: [] },
    );
    expect(same.state).toBe(state);
  });

  test("have one learner among them at most", () => {
    const one = run(state, { type: "memberAdd", member: member("c", { isLearner: true }) }).state;
    expect(errorOf(one, { type: "memberAdd", member: member("d", { isLearner: true }) })).toBe("tooManyLearners");
    expect(errorOf(one, { type: "memberAdd", member: member("d") })).toBe(null);
  });

  test("never come back under an id that was removed", () => {
    const without = run(state, { type: "memberRemove", id: a.id }).state;
    expect(errorOf(without, { type: "memberAdd", member: a })).toBe("memberNotFound");
    expect(errorOf(storeMachine.fromChunks(storeMachine.toChunks(without)), { type: "memberAdd", member: a })).toBe(
      "memberNotFound",
    );
  });
});

test("alarms are raised once a member and kind, and cleared one by one", () => {
  const alarm = (id: string, kind: "noSpace" | "corrupt"): { member: string; alarm: "noSpace" | "corrupt" } => ({
    member: id,
    alarm: kind,
  });
  const raise = (id: string, kind: "noSpace" | "corrupt") => ({ type: "alarmRaise", ...alarm(id, kind) }) as const;
  const raised = run(state, raise(b.id, "noSpace"), raise(a.id, "noSpace"), raise(b.id, "corrupt")).state;
  const all = [alarm(a.id, "noSpace"), alarm(b.id, "corrupt"), alarm(b.id, "noSpace")];
  expect(alarmsOf(raised)).toEqual(all);
  expect(run(raised, raise(a.id, "noSpace")).state).toBe(raised);
  const cleared = run(raised, { type: "alarmClear", ...alarm(b.id, "corrupt") }).state;
  expect(alarmsOf(cleared)).toEqual([all[0], all[2]]);
  expect(run(cleared, { type: "alarmClear", ...alarm(b.id, "corrupt") }).state).toBe(cleared);
});
