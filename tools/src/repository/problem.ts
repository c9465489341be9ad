/** One thing that is wrong with the repository, at a path relative to its root. */
export type Problem = {
  readonly file: string;
  /** Counted from one; left out where the whole file is meant. */
  readonly line?: number;
  readonly message: string;
};

export const formatProblem = ({ file, line, message }: Problem): string =>
  `${file}${line === undefined ? "" : `:${line}`}: ${message}`;
