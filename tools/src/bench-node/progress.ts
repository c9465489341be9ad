/** What is being done, on standard error, so that nobody takes a long measurement for a hung one. The table is not mixed up with it. */

/** How often something that goes on says how far it is. */
const EVERY_MS = 5_000;

const start = performance.now();

/** One line, with the seconds since the run began. */
export function say(what: string): void {
  const seconds = ((performance.now() - start) / 1_000).toFixed(0).padStart(5);
  process.stderr.write(`${seconds} s  ${what}\n`);
}

/** Says how far a count is, and how many calls had to be made again, if enough time has passed since the last time. */
export function progressOf(what: string, total: number): (count: number, again: number) => void {
  let next = performance.now() + EVERY_MS;
  return (count, again) => {
    if (performance.now() < next) return;
    next = performance.now() + EVERY_MS;
    const repeated = again === 0 ? "" : `; ${again.toLocaleString("en")} calls were made again`;
    say(`${what}: ${count.toLocaleString("en")} of ${total.toLocaleString("en")}${repeated}`);
  };
}
