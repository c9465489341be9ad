/** Monotonic time: what the machine's calendar does is of no concern to anybody here. */

/** Time, and somebody to call when it has passed. Milliseconds, from an origin of its own. */
export type Clock = {
  now(): number;
  /** Calls `ring` once at `at` or soon after. What it returns calls that off. */
  alarm(at: number, ring: () => void): () => void;
};

/** The time that passes for this process, also while it is stopped. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  alarm(at, ring) {
    const handle = setTimeout(ring, Math.max(0, Math.ceil(at - performance.now())));
    return () => {
      clearTimeout(handle);
    };
  },
};
