/** What the clients of a register did and got, as a history of operations. A client's name is its thread's. */

import { operationObserver } from "@quorate/checker";
import type { History, NodeEvent, Observer, OperationEvent, RegisterOperation, RegisterResult } from "@quorate/checker";
import type { ActorSignature } from "./actor.ts";
import { isRegisterMessage } from "./messages.ts";
import type { Value } from "./messages.ts";

export type RegisterHistory = History<RegisterOperation<Value>, RegisterResult<Value>>;
type RegisterEvent = OperationEvent<RegisterOperation<Value>, RegisterResult<Value>>;

/** An operation begins when its request is sent, and ends when the client receives the answer. */
export const registerObserver: Observer<ActorSignature, RegisterHistory> = operationObserver(operationsIn);

/** An answer counts before the request that it lets its client make. */
function operationsIn(event: NodeEvent<ActorSignature>): readonly RegisterEvent[] {
  switch (event.type) {
    case "start":
      return invocationsIn(event);
    case "input":
      return [...responsesIn(event), ...invocationsIn(event)];
    case "persist":
    case "crash":
      return [];
  }
}

function responsesIn({ node, input }: Extract<NodeEvent<ActorSignature>, { type: "input" }>): readonly RegisterEvent[] {
  if (input.type !== "receive" || !isRegisterMessage(input.message)) return [];
  const { message } = input;
  switch (message.type) {
    case "putOk":
      return [{ type: "response", thread: node, result: { type: "writeOk" } }];
    case "getOk":
      return [{ type: "response", thread: node, result: { type: "readOk", value: message.value } }];
    case "put":
    case "get":
      return [];
  }
}

function invocationsIn({
  node,
  effects,
}: Extract<NodeEvent<ActorSignature>, { type: "start" | "input" }>): readonly RegisterEvent[] {
  return effects.flatMap((effect): readonly RegisterEvent[] => {
    if (effect.type !== "send" || !isRegisterMessage(effect.message)) return [];
    switch (effect.message.type) {
      case "put":
        return [{ type: "invocation", thread: node, operation: { type: "write", value: effect.message.value } }];
      case "get":
        return [{ type: "invocation", thread: node, operation: { type: "read" } }];
      case "putOk":
      case "getOk":
        return [];
    }
  });
}
