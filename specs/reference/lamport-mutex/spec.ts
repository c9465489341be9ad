import { functionOf, integer, model, setOf, spec } from "@quorate/checker";
import type { ModelState } from "@quorate/checker";

type Process = `p${number}`;
/** An ordered pair of different processes, or of one with itself: `p1,p2`. */
type Pair = `${Process},${Process}`;
type Message = { readonly type: "req"; readonly clock: number } | { readonly type: "ack" | "rel" };

export default spec({
  about: "Lamport's mutual exclusion by logical clocks (CACM 1978), as the TLA+ Examples model it.",
  parameters: {
    processes: integer("processes", { min: 2, max: 4, default: 3 }),
    maxClock: integer("states in which a clock is beyond this are not explored further", {
      min: 2,
      max: 12,
      default: 6,
    }),
  },
  build: ({ processes: count, maxClock }) => {
    const processes = Array.from({ length: count }, (_, index): Process => `p${index + 1}`);
    const pairs = processes.flatMap((p) => processes.map((q): Pair => `${p},${q}`));
    const othersThan = (p: Process): readonly Process[] => processes.filter((q) => q !== p);

    const variables = {
      clock: functionOf<Process, number>(processes, 1),
      /** `req["p,q"]`: the clock of the request of q that p knows of, 0 if it knows of none. */
      req: functionOf<Pair, number>(pairs, 0),
      /** Who has acknowledged p's request, p included, in the order of `processes`. */
      ack: functionOf<Process, readonly Process[]>(processes, []),
      /** `network["p,q"]`: the messages from p to q in the order in which they were sent. */
      network: functionOf<Pair, readonly Message[]>(pairs, []),
      crit: setOf<Process>(),
    };
    type State = ModelState<typeof variables>;

    const clockOf = (s: State, p: Process): number => s.clock[p] ?? 0;
    const reqOf = (s: State, p: Process, q: Process): number => s.req[`${p},${q}`] ?? 0;
    const channel = (s: State, from: Process, to: Process): readonly Message[] => s.network[`${from},${to}`] ?? [];

    /** As far as p knows, its request comes before that of q; the smaller name decides between equal clocks. */
    const beats = (s: State, p: Process, q: Process): boolean => {
      const theirs = reqOf(s, p, q);
      if (theirs === 0) return true;
      const own = reqOf(s, p, p);
      return own < theirs || (own === theirs && p < q);
    };
    /** The channel with one message more. */
    const send = (s: State, from: Process, to: Process, message: Message): readonly Message[] => [
      ...channel(s, from, to),
      message,
    ];
    const broadcast = (s: State, p: Process, message: Message): { readonly [pair: Pair]: readonly Message[] } =>
      Object.fromEntries(othersThan(p).map((q) => [`${p},${q}`, send(s, p, q, message)]));

    return model(variables, {
      actions: (action) => ({
        request: action({ p: processes }, (s, { p }) => {
          if (reqOf(s, p, p) !== 0) return undefined;
          const clock = clockOf(s, p);
          return {
            req: { [`${p},${p}`]: clock },
            network: broadcast(s, p, { type: "req", clock }),
            ack: { [p]: [p] },
          };
        }),
        /** Entering stays possible inside the critical section, where it changes nothing. */
        enter: action({ p: processes }, (s, { p }) => {
          if (s.ack[p]?.length !== count) return undefined;
          if (!othersThan(p).every((q) => beats(s, p, q))) return undefined;
          return { crit: { add: [p] } };
        }),
        exit: action({ p: processes }, (s, { p }) => {
          if (!s.crit.has(p)) return undefined;
          return {
            crit: { remove: [p] },
            network: broadcast(s, p, { type: "rel" }),
            req: { [`${p},${p}`]: 0 },
            ack: { [p]: [] },
          };
        }),
        receiveRequest: action({ p: processes, q: processes }, (s, { p, q }) => {
          const [message, ...rest] = channel(s, q, p);
          if (message?.type !== "req") return undefined;
          return {
            req: { [`${p},${q}`]: message.clock },
            clock: { [p]: Math.max(message.clock, clockOf(s, p)) + 1 },
            network: { [`${q},${p}`]: rest, [`${p},${q}`]: send(s, p, q, { type: "ack" }) },
          };
        }),
        receiveAck: action({ p: processes, q: processes }, (s, { p, q }) => {
          const [message, ...rest] = channel(s, q, p);
          if (message?.type !== "ack") return undefined;
          const ack = processes.filter((other) => other === q || s.ack[p]?.includes(other));
          return { ack: { [p]: ack }, network: { [`${q},${p}`]: rest } };
        }),
        receiveRelease: action({ p: processes, q: processes }, (s, { p, q }) => {
          const [message, ...rest] = channel(s, q, p);
          if (message?.type !== "rel") return undefined;
          return { req: { [`${p},${q}`]: 0 }, network: { [`${q},${p}`]: rest } };
        }),
      }),
      always: {
        mutex: (s) => s.crit.size <= 1,
        /** No channel ever holds two messages of one type, hence no more than three. */
        boundedNetwork: (s) => pairs.every((pair) => (s.network[pair]?.length ?? 0) <= 3),
      },
      sometimes: {
        inCriticalSection: (s) => s.crit.size === 1,
        /** Two requests bear the same clock, so that only the names order them. */
        tie: (s) =>
          processes.some((p) => othersThan(p).some((q) => reqOf(s, p, p) !== 0 && reqOf(s, p, p) === reqOf(s, q, q))),
        everybodyHasRequested: (s) => processes.every((p) => reqOf(s, p, p) !== 0),
        /** A process takes part again although its release has not reached everybody. */
        requestBehindRelease: (s) =>
          pairs.some((pair) => s.network[pair]?.[0]?.type === "rel" && s.network[pair]?.[1]?.type === "req"),
      },
      constraint: (s) => processes.every((p) => clockOf(s, p) <= maxClock),
    });
  },
});
