import { choice, functionOf, integer, model, setOf, spec } from "@quorate/checker";
import type { FullState, ModelState } from "@quorate/checker";

type Process = `p${number}`;
/** V0: not told by the broadcaster. V1: told. SE: has sent its echo. AC: has accepted. */
type ControlState = "V0" | "V1" | "SE" | "AC";
type Rule = (pc: ControlState, echoes: number) => ControlState | undefined;

export default spec({
  about:
    "One round of Srikanth and Toueg's reliable broadcast with Byzantine processes, as the TLA+ Examples model it.",
  parameters: {
    n: integer("processes, the faulty ones included", { min: 2, max: 10, default: 4 }),
    t: integer("faulty processes that the algorithm is built for", { min: 0, max: 3, default: 1 }),
    f: integer("processes that are faulty", { min: 0, max: 3, default: 1 }),
    told: choice("who may have been told by the broadcaster at the start", ["anybody", "nobody"]),
  },
  build: ({ n, t, f, told }) => {
    const processes = Array.from({ length: n }, (_, index): Process => `p${index + 1}`);

    const variables = {
      corr: setOf<Process>(),
      faulty: setOf<Process>(),
      pc: functionOf<Process, ControlState>(processes, "V0"),
      /** Whose echo a process has received, in the order of `processes`. */
      rcvd: functionOf<Process, readonly Process[]>(processes, []),
      /** The correct processes that have sent their echo. */
      sent: setOf<Process>(),
    };
    type State = ModelState<typeof variables>;

    /** The control state that each rule of the paper's figure 7 leads to, given how many echoes have been received. */
    const rules = {
      uponV1: (pc) => (pc === "V1" ? "SE" : undefined),
      /** Enough echoes that one of them must come from a correct process, but too few to accept. */
      uponNonFaulty: (pc, echoes) => (notSent(pc) && echoes >= n - 2 * t && echoes < n - t ? "SE" : undefined),
      uponAcceptNotSentBefore: (pc, echoes) => (notSent(pc) && echoes >= n - t ? "AC" : undefined),
      uponAcceptSentBefore: (pc, echoes) => (pc === "SE" && echoes >= n - t ? "AC" : undefined),
    } satisfies { readonly [name: string]: Rule };

    /**
     * What a process may have received after its step: all that it had, and any of the echoes on offer. There is one for
     * each choice of new echoes, so they repeat.
     */
    const receive = (
      s: State,
      self: Process,
      offers: (sender: Process) => boolean,
    ): readonly (readonly Process[])[] => {
      const before = s.rcvd[self] ?? [];
      return subsets(processes.filter(offers)).map((news) =>
        processes.filter((sender) => before.includes(sender) || news.includes(sender)),
      );
    };
    /** The steps of a correct process by one rule. A faulty process takes none, but may claim to have sent its echo. */
    const step =
      (rule: Rule) =>
      (s: State, { self }: { readonly self: Process }) => {
        const pc = s.pc[self];
        if (pc === undefined || pc === "AC" || !s.corr.has(self)) return undefined;
        return receive(s, self, (sender) => s.sent.has(sender) || s.faulty.has(sender)).flatMap((rcvd) => {
          const next = rule(pc, rcvd.length);
          if (next === undefined) return [];
          return [{ rcvd: { [self]: rcvd }, pc: { [self]: next }, sent: { add: notSent(pc) ? [self] : [] } }];
        });
      };

    const correct = (s: State): readonly Process[] => processes.filter((self) => s.corr.has(self));
    const allCorrectAre = (s: State, pc: ControlState): boolean => correct(s).every((self) => s.pc[self] === pc);
    const someCorrectIs = (s: State, pc: ControlState): boolean => correct(s).some((self) => s.pc[self] === pc);
    /** No correct process can go on with the echoes of correct processes alone. Fairness lets no run rest earlier. */
    const quiet = (s: State): boolean =>
      correct(s).every((self) => {
        const pc = s.pc[self];
        if (pc === undefined || pc === "AC") return true;
        return receive(s, self, (sender) => s.sent.has(sender)).every((rcvd) =>
          Object.values(rules).every((rule) => rule(pc, rcvd.length) === undefined),
        );
      });

    return model(variables, {
      initial: function* (): Iterable<FullState<typeof variables>> {
        for (const v1 of told === "nobody" ? [[]] : subsets(processes)) {
          for (const corr of subsets(processes)) {
            if (corr.length !== n - f) continue;
            yield {
              corr,
              faulty: processes.filter((process) => !corr.includes(process)),
              pc: record(processes, (process) => (v1.includes(process) ? "V1" : "V0")),
              rcvd: record(processes, () => []),
              sent: [],
            };
          }
        }
      },
      actions: (action) => ({
        uponV1: action({ self: processes }, step(rules.uponV1)),
        uponNonFaulty: action({ self: processes }, step(rules.uponNonFaulty)),
        uponAcceptNotSentBefore: action({ self: processes }, step(rules.uponAcceptNotSentBefore)),
        uponAcceptSentBefore: action({ self: processes }, step(rules.uponAcceptSentBefore)),
        /** The source lets every state repeat itself, so that a run that has ended is no deadlock. */
        unchanged: action(() => ({})),
      }),
      always: {
        /** Nobody was told, so nobody accepts. Only claimed where nobody is told at the start. */
        ...(told === "nobody" && { unforg: (s: State) => !someCorrectIs(s, "AC") }),
        /** A run that rests with one correct process accepted has all of them accepted. */
        relay: (s) => !quiet(s) || !someCorrectIs(s, "AC") || allCorrectAre(s, "AC"),
        /** A run in which all correct processes were told rests with none of them in V0, hence with all accepted. */
        correctness: (s) => !quiet(s) || someCorrectIs(s, "V0") || allCorrectAre(s, "AC"),
      },
      step: {
        /** Only those in V0 and V1 never sent, so a state with all in V0 is one where nobody was ever told. */
        unforgeability: (before, after) => !allCorrectAre(before, "V0") || allCorrectAre(after, "V0"),
      },
      sometimes:
        told === "nobody"
          ? {}
          : {
              allAccept: (s) => allCorrectAre(s, "AC"),
              // Where no fault is tolerated, accepting takes the echoes of all.
              ...(t > 0 && {
                someAcceptBeforeOthersSend: (s: State) => someCorrectIs(s, "AC") && someCorrectIs(s, "V0"),
              }),
              restsUndecided: (s) => quiet(s) && s.sent.size > 0 && !someCorrectIs(s, "AC"),
            },
    });
  },
});

function notSent(pc: ControlState): boolean {
  return pc === "V0" || pc === "V1";
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
