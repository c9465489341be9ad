/** A journal as a state machine, and as an object: words are written one after the other, and none is taken back. */

import type { SequentialSpecification } from "@quorate/checker";
import { InvariantViolation, isRecord } from "@quorate/core";
import type { MachineSignature, StateMachine } from "@quorate/core";

type Words = readonly string[];

export interface Journal extends MachineSignature {
  readonly state: Words;
  readonly command: { readonly type: "append"; readonly word: string };
  /** The word's place, counted from one: it tells how many were applied before. */
  readonly result: number;
  readonly query: never;
  readonly answer: never;
}

export const journalMachine: StateMachine<Journal> = {
  initial: [],

  isCommand(value): value is Journal["command"] {
    return isRecord(value) && value["type"] === "append" && typeof value["word"] === "string";
  },

  isQuery(_value): _value is never {
    return false;
  },

  apply(state, { word }) {
    return { state: [...state, word], result: state.length + 1 };
  },

  read(_state, query) {
    return query;
  },

  toChunks(state) {
    return [state];
  },

  fromChunks([words]) {
    if (!Array.isArray(words)) throw new InvariantViolation("A snapshot of a journal is a list of words.");
    return words.map(String);
  },
};

/** The journal as one client in one place uses it. */
export const journalObject: SequentialSpecification<Words, Journal["command"], number> = {
  initial: [],
  outcomes: (words, { word }) => [{ state: [...words, word], result: words.length + 1 }],
};
