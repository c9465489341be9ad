/** A register as a state machine: what the cluster serves in the models of reads. */

import { InvariantViolation, isRecord } from "@quorate/core";
import type { MachineSignature, Plain, StateMachine } from "@quorate/core";

/** What the register holds: nothing, or the last word written. */
export type Word = string | null;

export interface Register extends MachineSignature {
  readonly state: Word;
  readonly command: { readonly type: "write"; readonly word: string };
  readonly result: null;
  readonly query: { readonly type: "read" };
  readonly answer: Word;
}

export const registerMachine: StateMachine<Register> = {
  initial: null,

  isCommand(value): value is Register["command"] {
    return isRecord(value) && value["type"] === "write" && typeof value["word"] === "string";
  },

  isQuery(value): value is Register["query"] {
    return isRecord(value) && value["type"] === "read";
  },

  apply(_state, { word }) {
    return { state: word, result: null };
  },

  read(state) {
    return state;
  },

  toChunks(state) {
    return [state];
  },

  fromChunks([word]) {
    if (!isWord(word)) throw new InvariantViolation("A snapshot of a register is a word or nothing.");
    return word;
  },
};

function isWord(value: Plain | undefined): value is Word {
  return value === null || typeof value === "string";
}
