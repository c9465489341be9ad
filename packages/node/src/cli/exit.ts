/** What the command exits with: the numbers of sysexits.h where it has one. */

export const EXIT = {
  ok: 0,
  /** The cluster says no: no such member, would lose the quorum. */
  refused: 1,
  /** Wrong words on the command line. */
  usage: 64,
  /** A file holds something else than it should, or is damaged. */
  data: 65,
  /** No member could be reached, or there is no leader. */
  unavailable: 69,
  /** An error of quorate's own. */
  internal: 70,
  /** The system refuses: a port is taken, a process can't be started. */
  system: 71,
  /** The disk fails, or is full, or its data are damaged or in use. */
  storage: 74,
  /** This member was removed from its cluster: starting it again is of no use. */
  removed: 77,
  /** Flags, variables, file, certificates or data directory don't fit. */
  configuration: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error whose message is all that is printed: it is the user's, or of what the user gave, or of the surroundings. */
export class UserError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = "UserError";
    this.exitCode = exitCode;
  }
}
