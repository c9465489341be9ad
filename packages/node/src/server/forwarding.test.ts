/** Commands that go to a leader by others: whatever becomes of connections and leaders, none is put into the order twice. */

import { nodeId } from "@quorate/core";
import type { NodeId } from "@quorate/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PeerError } from "../peers/index.ts";
import type { PeerErrorCode } from "../peers/types.ts";
import { FakeClock } from "../shell/fake-clock.ts";
import { put } from "../store/testing/requests.ts";
import type { Addressed } from "./addressed.ts";
import { forwardTo } from "./forwarding.ts";
import { MemberError } from "./backend.ts";
import { Proposals } from "./proposals.ts";
import type { ForwardVerdict } from "./proposals.ts";

type Verdict = ForwardVerdict | { readonly type: "unsent" };

const FATES = ["arrives", "arrives, and its answer is lost", "is lost", "never leaves"] as const;

const acts = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant("propose" as const), who: fc.nat(2) }),
    fc.record({ type: fc.constant("turn" as const), who: fc.nat(2), isRefused: fc.nat(3).map((of) => of === 0) }),
    fc.record({ type: fc.constant("deliver" as const), which: fc.nat(5), fate: fc.constantFrom(...FATES) }),
    fc.record({ type: fc.constantFrom("elect" as const, "notice" as const, "apply" as const), who: fc.nat(2) }),
    fc.record({ type: fc.constant("wait" as const), ms: fc.nat(400) }),
  ),
  { minLength: 40, maxLength: 100, size: "max" },
);
type Act = typeof acts extends fc.Arbitrary<readonly (infer A)[]> ? A : never;

type OnTheWay = {
  readonly to: number;
  readonly commands: readonly Addressed<string>[];
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: Error) => void;
};

/** Three members, the order that they agree on, and the questions between them. What each member believes may be old. */
class World {
  readonly clock = new FakeClock();
  readonly order: Addressed<string>[] = [];
  readonly done: string[] = [];
  leader = 0;
  readonly believed = [0, 0, 0];
  readonly applied = [0, 0, 0];
  onTheWay: OnTheWay[] = [];
  readonly members: readonly Proposals<string, string>[] = [0, 1, 2].map((self) => this.#member(self));
  #commands = 0;

  async act(act: Act): Promise<void> {
    switch (act.type) {
      case "propose": {
        const command = `command ${(this.#commands += 1)}`;
        this.#of(act.who)
          .propose(command)
          .then(
            () => this.done.push(command),
            (error: unknown) => expect(error).toBeInstanceOf(MemberError),
          );
        break;
      }
      case "turn":
        this.#turn(act.who, act.isRefused);
        break;
      case "deliver":
        this.#deliver(act.which, act.fate);
        break;
      case "elect":
        this.leader = act.who;
        break;
      case "notice":
        this.believed[act.who] = this.leader;
        this.#of(act.who).forgetForwarded();
        break;
      case "apply":
        for (let at = this.applied[act.who] ?? 0; at < this.order.length; at++) {
          const command = this.order[at];
          if (command !== undefined) this.#of(act.who).onApplied(command, "done");
        }
        this.applied[act.who] = this.order.length;
        break;
      case "wait":
        this.clock.advance(act.ms);
        break;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** The protocol takes what a member that leads gives it, unless it refuses. What is given to one that leads no more, it refuses. */
  #turn(who: number, isRefused: boolean): void {
    const member = this.#of(who);
    const commands = member.gather(this.believed[who] === who);
    if (commands.length === 0) return;
    if (isRefused || this.leader !== who) member.onRefused(commands, "notLeader");
    else this.order.push(...commands);
  }

  #deliver(which: number, fate: (typeof FATES)[number]): void {
    const [question] = this.onTheWay.splice(which % Math.max(1, this.onTheWay.length), 1);
    if (question === undefined) return;
    if (fate === "never leaves") question.resolve({ type: "unsent" });
    else if (fate === "is lost") question.reject(new Error("closed"));
    else {
      const answer = this.#of(question.to).takeForwarded(question.commands);
      if (fate === "arrives") answer.then(question.resolve, question.reject);
      else {
        answer.catch(() => undefined);
        question.reject(new Error("closed"));
      }
    }
  }

  #of(who: number): Proposals<string, string> {
    return this.members[who] ?? expect.fail("there are three");
  }

  #member(self: number): Proposals<string, string> {
    return new Proposals<string, string>({
      origin: `m${self}`,
      clock: this.clock,
      timeoutMs: 1_000,
      pendingMax: 100,
      lotBytes: 40,
      retryMs: 10,
      forward: (_leader: NodeId, commands) =>
        new Promise((resolve, reject) => {
          this.onTheWay.push({ to: this.believed[self] ?? 0, commands, resolve, reject });
        }),
      wake: () => undefined,
      leader: () => nodeId(`m${this.believed[self] ?? 0}`),
    });
  }
}

test("no command is in the order twice, and what is said to be done is in it", async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (sequence) => {
      const world = new World();
      for (const act of sequence) await world.act(act);
      const commands = world.order.map(({ command }) => command);
      expect(new Set(commands).size).toBe(commands.length);
      expect(world.done.filter((command) => !commands.includes(command))).toEqual([]);
      for (const member of world.members) member.stop();
    }),
    { numRuns: 300 },
  );
});

const command = { origin: "m1", number: 1, command: put("key", "a") };

test.each<[PeerErrorCode, boolean]>([
  ["unreachable", true],
  ["noRoom", true],
  ["unknownPeer", true],
  ["clusterMismatch", true],
  ["wrongMember", true],
  ["notMember", true],
  ["versionMismatch", true],
  ["notAllowed", true],
  ["refused", false],
  ["timeout", false],
  ["closed", false],
  ["stopped", false],
])("after the error %s it may be sent again: %s", async (code, mayBeSentAgain) => {
  const ask = () => Promise.reject(new PeerError(code, "no answer"));
  const forwarded = forwardTo({ ask }, nodeId("m2"), [command], 1_000);
  if (mayBeSentAgain) expect(await forwarded).toEqual({ type: "unsent" });
  else await expect(forwarded).rejects.toThrow("no answer");
});
