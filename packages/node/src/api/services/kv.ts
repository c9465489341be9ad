/** The service KV. */

import { range, storeMachine } from "../../store/index.ts";
import type { OpResult, TxnOp } from "../../store/types.ts";
import { atLeastZero, deleteRangeOpOf, putOpOf, rangeOpOf, txnOpOf } from "../convert.ts";
import { deleteRangeResponse, putResponse, rangeResponse, txnResponse } from "../convert.ts";
import { STORE_ERRORS, fail } from "../errors.ts";
import { numberOf } from "../int64.ts";
import { done } from "../member.ts";
import type { ApiMember, Done } from "../member.ts";
import type { CompactionRequest, DeleteRangeRequest, DeleteRangeResponse, HeaderResponse } from "../messages.ts";
import type { PutRequest, PutResponse, RangeRequest, RangeResponse, TxnRequest, TxnResponse } from "../messages.ts";
import { demandVoter, unary, voterUnary } from "../methods.ts";
import type { NamedMethod } from "../methods.ts";
import { sessionOf, through } from "../sessions.ts";
import { checkPut, checkRange, checkTxn } from "../validate.ts";

const service = "KV";

export function kvMethods(member: ApiMember): readonly NamedMethod[] {
  const { backend } = member;
  return [
    unary<RangeRequest, RangeResponse>(member, { service, method: "Range" }, async (request) => {
      if (!request.serializable) demandVoter(member);
      const op = rangeOpOf(request);
      checkRange(op);
      if (!request.serializable) await backend.linearize();
      const outcome = range(backend.store(), op);
      if (!outcome.ok) return fail(STORE_ERRORS[outcome.error]);
      return rangeResponse(outcome.value, member.header(outcome.revision));
    }),

    voterUnary<PutRequest, PutResponse>(member, { service, method: "Put" }, async (request, size, context) => {
      const op = putOpOf(request);
      checkPut(op);
      const { value, revision } = await member.propose(through(sessionOf(context), op), size);
      return putResponse(resultOf(value, "put"), member.header(revision));
    }),

    voterUnary<DeleteRangeRequest, DeleteRangeResponse>(
      member,
      { service, method: "DeleteRange" },
      async (request, size, context) => {
        const op = deleteRangeOpOf(request);
        checkRange(op);
        const { value, revision } = await member.propose(through(sessionOf(context), op), size);
        return deleteRangeResponse(resultOf(value, "deleteRange"), member.header(revision));
      },
    ),

    voterUnary<TxnRequest, TxnResponse>(member, { service, method: "Txn" }, async (request, size, context) => {
      const op = txnOpOf(request);
      checkTxn(op, member.limits.maxTxnOps);
      const { value, revision } = isReadOnly(op)
        ? await read(member, op, request)
        : await member.propose(through(sessionOf(context), op), size);
      return txnResponse(resultOf(value, "txn"), member.header(revision));
    }),

    voterUnary<CompactionRequest, HeaderResponse>(
      member,
      { service, method: "Compact" },
      async (request, size, context) => {
        const command = { type: "compact", revision: atLeastZero(numberOf(request.revision)) } as const;
        const { revision } = await member.propose(through(sessionOf(context), command), size);
        return { header: member.header(revision) };
      },
    ),
  ];
}

/** What changes nothing needs nobody's agreement: it is a read, and linearizable unless all its reads need not be. */
async function read({ backend }: ApiMember, op: TxnOp, request: TxnRequest): Promise<Done> {
  if (!isSerializable(request)) await backend.linearize();
  return done(storeMachine.apply(backend.store(), op, 0).result);
}

function isReadOnly({ success, failure }: TxnOp): boolean {
  return [...success, ...failure].every((op) => (op.type === "txn" ? isReadOnly(op) : op.type === "range"));
}

function isSerializable({ success, failure }: TxnRequest): boolean {
  const ops = [...success, ...failure];
  return ops.length > 0 && ops.every(({ requestRange }) => requestRange?.serializable === true);
}

type ResultOf<Type extends OpResult["type"]> = Extract<OpResult, { readonly type: Type }>;

/** A command has a result of its own type: anything else would be a fault of the store. */
function resultOf<Type extends OpResult["type"]>(value: Done["value"], type: Type): ResultOf<Type> {
  if (isOfType(value, type)) return value;
  throw new Error(`The store answered a ${type} with a ${value.type}.`);
}

function isOfType<Type extends OpResult["type"]>(value: Done["value"], type: Type): value is ResultOf<Type> {
  return value.type === type;
}
