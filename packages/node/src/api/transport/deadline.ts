/** The header `grpc-timeout`: how long a client waits for its call. */

/** In milliseconds. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ["H", 3_600_000],
  ["M", 60_000],
  ["S", 1_000],
  ["m", 1],
  ["u", 1e-3],
  ["n", 1e-6],
]);

/** The longest that a timer can run. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Timers that run equally long share a list; a client gives up by itself when its time is over, not a tick later. */
const GRAIN_MS = 64;

/** The time in milliseconds, a little longer than asked for, or null if there is none that can be read. */
export function timeoutMsOf(header: string | undefined): number | null {
  const match = header === undefined ? null : /^(\d{1,8})([HMSmun])$/.exec(header);
  const unit = UNITS.get(match?.[2] ?? "");
  if (match === null || unit === undefined) return null;
  const grains = Math.ceil((Number(match[1]) * unit) / GRAIN_MS) + 1;
  return Math.min(TIMER_MS_MAX, grains * GRAIN_MS);
}
