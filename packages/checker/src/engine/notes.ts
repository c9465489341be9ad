/**
 * What a system notes of a state when it is found first, and has again when it is expanded. Notes are no part of the state,
 * and only save work: zeros say nothing.
 */
export class Notes {
  /**
   * The sleep set: transitions that are known to lead to states found before this one is expanded. By place of the bag, as
   * far as a word goes;
   */
  asleep = 0;
  /** those of them that take some care; */
  loud = 0;
  /** and what else sleeps, as the system has it. */
  asleepOptions = 0;
  /** What several of the slots hold together, as the system has it. */
  histories = 0;
}

/** Nothing to note. */
export const NO_NOTES: Notes = new Notes();
