/** A state machine that hides nothing: which words were written, how often, and in which order. */

import { invariant } from "../assert.ts";
import type { MachineSignature, StateMachine } from "../state-machine/index.ts";
import { isRecord } from "../state-machine/index.ts";

export interface Journal extends MachineSignature {
  readonly state: readonly string[];
  /** An empty word is read and not written. */
  readonly command: { readonly type: "write"; readonly word: string };
  /** How many words there are. */
  readonly result: number;
  /** The word in that place, counted from zero. */
  readonly query: { readonly type: "word"; readonly at: number };
  readonly answer: string | null;
}

/** A chunk is a word, or null for the last one. */
export const journal: StateMachine<Journal> = {
  initial: [],

  isCommand(value): value is Journal["command"] {
    return isRecord(value) && value["type"] === "write" && typeof value["word"] === "string";
  },

  isQuery(value): value is Journal["query"] {
    return isRecord(value) && value["type"] === "word" && typeof value["at"] === "number";
  },

  apply(state, { word }) {
    if (word === "") return { state, result: state.length };
    return { state: [...state, word], result: state.length + 1 };
  },

  read(state, { at }) {
    return state[at] ?? null;
  },

  toChunks(state) {
    return [...state, null];
  },

  fromChunks(chunks) {
    const words = chunks.slice(0, -1).filter((chunk) => typeof chunk === "string");
    const isWhole = words.length === chunks.length - 1 && chunks.at(-1) === null;
    invariant(isWhole, "a snapshot of a journal is words and an end", chunks);
    return words;
  },
};
