/** The shell against the contract of packages/core/src/protocol.ts, with a protocol that does what its test says. */

import { nodeId } from "@quorate/core";
import type { Effect, Input, Protocol, Signature, State, Step } from "@quorate/core";
import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { Shell } from "./shell.ts";
import type { ShellOptions } from "./shell.ts";

interface Scripted extends Signature {
  readonly config: null;
  readonly durable: { readonly written: number };
  readonly volatile: { readonly steps: number };
  readonly message: { readonly type: "message"; readonly text: string };
  readonly timer: "tick" | "election";
  readonly request: { readonly type: "write" | "say" | "throw"; readonly text: string };
  readonly output: { readonly type: "said"; readonly text: string; readonly written: number };
}

const other = nodeId("other");

function send(text: string, after: "now" | "durable"): Effect<Scripted> {
  return { type: "send", to: other, message: { type: "message", text }, after };
}

/** `write` changes the durable state and sends one message that waits and one that does not; `say` waits only. */
const scripted: Protocol<Scripted> = {
  name: "scripted",
  initial: () => ({ written: 0 }),
  start: (_, durable) => ({
    state: { durable, volatile: { steps: 0 } },
    effects: [{ type: "setTimer", timer: "tick" }],
  }),
  step(_, { durable, volatile }, input): Step<Scripted> {
    const next = (effects: readonly Effect<Scripted>[], written = durable.written): Step<Scripted> => ({
      state: {
        durable: written === durable.written ? durable : { written },
        volatile: { steps: volatile.steps + 1 },
      },
      effects,
    });
    switch (input.type) {
      case "receive":
        return next([{ type: "setTimer", timer: "election" }]);
      case "timeout":
        return next(input.timer === "tick" ? [{ type: "setTimer", timer: "tick" }] : [send("campaign", "durable")]);
      case "persisted":
        return next([said(`persisted ${input.durable.written}`, durable.written)]);
      case "request":
        if (input.request.type === "throw") throw new Error(input.request.text);
        if (input.request.type === "say") return next([said(input.request.text, durable.written)]);
        return next(
          [send(`${input.request.text} now`, "now"), send(`${input.request.text} later`, "durable")],
          durable.written + 1,
        );
    }
  },
};

function said(text: string, written: number): Effect<Scripted> {
  return { type: "output", output: { type: "said", text, written } };
}

/** A shell whose disk and clock the test holds in its hands, and all that it did, in order. */
class Rig {
  readonly clock = new FakeClock();
  readonly done: string[] = [];
  readonly failures: unknown[] = [];
  readonly shell: Shell<Scripted>;
  /** Whether requests wait while the disk writes. */
  isHolding = false;
  #requests: Scripted["request"][] = [];
  #flushes: {
    readonly durable: Scripted["durable"];
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  constructor(options: Partial<ShellOptions<Scripted>> = {}) {
    const observed: Protocol<Scripted> = {
      ...scripted,
      step: (config, state: State<Scripted>, input: Input<Scripted>) => {
        this.done.push(nameOf(input));
        return scripted.step(config, state, input);
      },
    };
    this.shell = new Shell({
      protocol: observed,
      config: null,
      durable: { written: 0 },
      write: (durable) =>
        new Promise((resolve, reject) => {
          this.done.push(`write ${durable.written}`);
          this.#flushes.push({ durable, resolve, reject });
        }),
      send: (to, message) => this.done.push(`send ${message.text} to ${to}`),
      gather: (isWriting) => {
        if (isWriting && this.isHolding) return [];
        const requests = this.#requests;
        this.#requests = [];
        return requests;
      },
      onOutput: (output) => this.done.push(`said ${output.text}`),
      onTurn: () => undefined,
      onHung: (isHung) => this.done.push(isHung ? "hung" : "no longer hung"),
      onPause: (ms) => this.done.push(`paused for ${ms}`),
      onFlush: () => undefined,
      onFailure: (error) => this.failures.push(error),
      timers: {
        tick: { minMs: 10, maxMs: 10, counts: { missedMax: 5 } },
        election: { minMs: 100, maxMs: 100, counts: null },
      },
      hungAfterMs: 200,
      pauseMs: 50,
      clock: this.clock,
      random: () => 0,
      observer: null,
      ...options,
    });
    this.shell.begin();
  }

  ask(type: Scripted["request"]["type"], text: string): void {
    this.#requests.push({ type, text });
    this.shell.wake();
  }

  /** Lets the shell take its turn. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }

  async flushed(): Promise<void> {
    this.#flushes.shift()?.resolve();
    await this.turn();
  }

  async broken(): Promise<void> {
    this.#flushes.shift()?.reject(new Error("the disk is gone"));
    await this.turn();
  }

  /** What was done since it was last asked. */
  news(): readonly string[] {
    return this.done.splice(0);
  }
}

function nameOf(input: Input<Scripted>): string {
  switch (input.type) {
    case "receive":
      return `step ${input.message.text}`;
    case "timeout":
      return `step ${input.timer}`;
    case "request":
      return `step ${input.request.text}`;
    case "persisted":
      return `step persisted ${input.durable.written}`;
  }
}

test("what waits for the disk leaves after the flush, and the protocol hears of it right then", async () => {
  const rig = new Rig();
  rig.ask("write", "a");
  await rig.turn();
  expect(rig.news()).toEqual(["step a", "send a now to other", "write 1"]);
  rig.shell.receive(other, { type: "message", text: "m" });
  await rig.flushed();
  const released = ["send a later to other", "step persisted 1", "said persisted 1"];
  expect(rig.news().filter((done) => done !== "step m")).toEqual(released);
});

test("where the disk holds everything, nothing waits", async () => {
  const rig = new Rig();
  rig.ask("say", "hello");
  await rig.turn();
  expect(rig.news()).toEqual(["step hello", "said hello"]);
});

test("many steps share one flush, and those that come meanwhile the next", async () => {
  const rig = new Rig();
  for (const text of ["a", "b", "c"]) rig.ask("write", text);
  await rig.turn();
  rig.news();
  for (const text of ["d", "e"]) rig.ask("write", text);
  await rig.turn();
  expect(rig.news()).toEqual(["step d", "send d now to other", "step e", "send e now to other"]);
  await rig.flushed();
  expect(rig.news()).toEqual([
    ...["a", "b", "c"].map((text) => `send ${text} later to other`),
    "step persisted 3",
    "write 5",
  ]);
  await rig.flushed();
  expect(rig.news()).toEqual(
    [
      // Computed from a state of which the disk had only a part.
      "send d later to other",
      "send e later to other",
      "said persisted 3",
      "step persisted 5",
      "said persisted 5",
    ].sort((a, b) => rank(a) - rank(b)),
  );
});

/** The order in which the effects were computed. */
function rank(done: string): number {
  return [
    "send d later to other",
    "send e later to other",
    "said persisted 3",
    "step persisted 5",
    "said persisted 5",
  ].indexOf(done);
}

test("requests that were held back while the disk wrote go into its next write, with no turn in between", async () => {
  const rig = new Rig();
  rig.isHolding = true;
  rig.ask("write", "a");
  await rig.turn();
  rig.news();
  for (const text of ["b", "c"]) rig.ask("write", text);
  await rig.turn();
  expect(rig.news()).toEqual([]);
  await rig.flushed();
  const released = ["send a later to other", "step persisted 1", "said persisted 1"];
  const taken = ["step b", "send b now to other", "step c", "send c now to other"];
  expect(rig.news()).toEqual([...released, ...taken, "write 3"]);
});

test("an output that was computed from what the disk does not hold yet waits for it", async () => {
  const rig = new Rig();
  rig.ask("write", "a");
  rig.ask("say", "after a");
  await rig.turn();
  expect(rig.news()).not.toContain("said after a");
  await rig.flushed();
  expect(rig.news()).toContain("said after a");
});

test("after a pause the ticks that were missed come first, then messages, and a timer that waited gets another chance", async () => {
  const rig = new Rig();
  rig.shell.receive(other, { type: "message", text: "heartbeat" });
  await rig.turn();
  rig.news();
  rig.clock.pause(150);
  rig.shell.receive(other, { type: "message", text: "late" });
  await rig.turn();
  expect(rig.news()).toEqual(["paused for 140", ...Array.from({ length: 1 + 5 }, () => "step tick"), "step late"]);
});

test("a pause of many ticks is told by no more than the protocol can use", async () => {
  const rig = new Rig();
  rig.clock.pause(1_000_000);
  await rig.turn();
  expect(rig.news().filter((done) => done === "step tick")).toHaveLength(1 + 5);
});

test("without a pause a timer that is due fires after the messages that have arrived", async () => {
  const rig = new Rig();
  rig.shell.receive(other, { type: "message", text: "first" });
  await rig.turn();
  for (let passed = 0; passed < 100; passed += 10) {
    rig.clock.advance(10);
    await rig.turn();
  }
  expect(rig.news().filter((done) => done !== "step tick")).toEqual([
    "step first",
    "step election",
    "send campaign to other",
  ]);
});

test("a node whose disk hangs says nothing and takes nothing until it answers", async () => {
  const rig = new Rig();
  rig.ask("write", "a");
  await rig.turn();
  for (let passed = 0; passed < 200; passed += 10) {
    rig.clock.advance(10);
    await rig.turn();
  }
  expect(rig.news()).toContain("hung");
  rig.shell.receive(other, { type: "message", text: "unheard" });
  rig.ask("write", "unasked");
  rig.clock.pause(1000);
  await rig.turn();
  expect(rig.news()).toEqual([]);
  await rig.flushed();
  const news = rig.news();
  expect(news.slice(0, 4)).toEqual(["send a later to other", "step persisted 1", "said persisted 1", "no longer hung"]);
  expect(news).not.toContain("step unheard");
  expect(news.indexOf("step tick")).toBeLessThan(news.indexOf("step unasked"));
});

test("a disk that fails stops the shell, and what waited never leaves", async () => {
  const rig = new Rig();
  rig.ask("write", "a");
  await rig.turn();
  rig.news();
  await rig.broken();
  rig.ask("say", "more");
  await rig.turn();
  expect(rig.news()).toEqual([]);
  expect(rig.failures).toEqual([new Error("the disk is gone")]);
});

test("a step that throws stops the shell", async () => {
  const rig = new Rig();
  rig.ask("throw", "the log has a hole");
  rig.ask("write", "never");
  await rig.turn();
  expect(rig.news()).toEqual(["step the log has a hole"]);
  expect(rig.failures).toEqual([new Error("the log has a hole")]);
});

test("a shell that was stopped does nothing more, though its flush ends", async () => {
  const rig = new Rig();
  rig.ask("write", "a");
  await rig.turn();
  rig.news();
  rig.shell.stop();
  await rig.flushed();
  expect(rig.news()).toEqual([]);
});
