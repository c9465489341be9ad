/** A read/write register as a sequential specification. */

import type { Plain } from "@quorate/core";
import type { SequentialSpecification } from "./linearizability.ts";

export type RegisterOperation<Value extends Plain> =
  { readonly type: "read" } | { readonly type: "write"; readonly value: Value };

export type RegisterResult<Value extends Plain> =
  { readonly type: "readOk"; readonly value: Value } | { readonly type: "writeOk" };

/** A register that holds `initial` before the first write; its state is the value it holds. */
export function register<Value extends Plain>(
  initial: Value,
): SequentialSpecification<Value, RegisterOperation<Value>, RegisterResult<Value>> {
  return {
    initial,
    outcomes: (value, operation) => {
      switch (operation.type) {
        case "read":
          return [{ state: value, result: { type: "readOk", value } }];
        case "write":
          return [{ state: operation.value, result: { type: "writeOk" } }];
      }
    },
  };
}
