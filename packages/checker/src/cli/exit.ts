/** The command's exit codes, which follow TLC's. */
export const EXIT = {
  ok: 0,
  /** A limit was hit and nothing was violated. */
  incomplete: 2,
  /** Counts differ from the manifest, a `sometimes` was never reached, a mutant survived. */
  expectation: 10,
  deadlock: 11,
  safety: 12,
  /** Wrong words on the command line. */
  usage: 64,
  /** A step, an observer or a property threw, or is not pure. */
  evaluation: 75,
  /** A spec, a manifest or a trace could not be loaded. */
  load: 150,
  system: 153,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The gravest first: what a run of several models exits with. */
const GRAVITY: readonly ExitCode[] = [
  EXIT.system,
  EXIT.load,
  EXIT.evaluation,
  EXIT.safety,
  EXIT.deadlock,
  EXIT.expectation,
  EXIT.incomplete,
  EXIT.usage,
  EXIT.ok,
];

/** The gravest of several exit codes; `ok` of none. */
export function gravest(codes: readonly ExitCode[]): ExitCode {
  return GRAVITY.find((code) => codes.includes(code)) ?? EXIT.ok;
}

/** An error of the user's, or of what the user gave us: its message is all that is printed. */
export class UserError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
