/** The service KV. */

import { range, revisionOf, storeMachine } from "../store/index.ts";
import type { OpResult, StoreCommand, TxnOp } from "../store/types.ts";
import type { Context } from "./context.ts";
import { demandOk } from "./context.ts";
import { deleteRangeOpOf, numberOf, putOpOf, rangeOpOf, resultMessage, txnOpOf } from "./convert.ts";
import { ApiError, requestFaults, storeFault } from "./errors.ts";
import type { DeleteRangeRequest, Long, PutRequest, RangeRequest, TxnRequest } from "./messages.ts";
import { sizeOf } from "../sizes.ts";

export type KvService = {
  Range(request: RangeRequest): Promise<object>;
  Put(request: PutRequest): Promise<object>;
  DeleteRange(request: DeleteRangeRequest): Promise<object>;
  Txn(request: TxnRequest): Promise<object>;
  Compact(request: { readonly revision: Long; readonly physical: boolean }): Promise<object>;
};

export function kvService(context: Context): KvService {
  const { backend, limits } = context;

  const change = async (command: StoreCommand): Promise<object> => {
    if (sizeOf(command) > limits.maxRequestBytes) throw new ApiError(requestFaults.tooLarge);
    const { revision, value } = await context.apply(command);
    return { header: context.header(revision), ...(value.type === "done" ? {} : resultMessage(value)) };
  };

  return {
    async Range(request) {
      const op = rangeOpOf(request);
      if (!request.serializable) await backend.linearize();
      const outcome = range(backend.store(), op);
      if (!outcome.ok) throw storeFault(outcome.error);
      return { header: context.header(outcome.revision), ...resultMessage(outcome.value) };
    },

    async Put(request) {
      return await change(putOpOf(request));
    },

    async DeleteRange(request) {
      return await change(deleteRangeOpOf(request));
    },

    async Txn(request) {
      const txn = txnOpOf(request, limits);
      if (!isReadOnly(txn)) return await change(txn);
      // Nothing is changed, and so nobody has to agree on it: it is a linearizable read.
      await backend.linearize();
      const store = backend.store();
      const { value } = demandOk(storeMachine.apply(store, txn, 0).result);
      return { header: context.header(revisionOf(store)), ...resultMessage(demandOp(value)) };
    },

    async Compact({ revision }) {
      return await change({ type: "compact", revision: numberOf(revision) });
    },
  };
}

function isReadOnly(txn: TxnOp): boolean {
  return [...txn.success, ...txn.failure].every((op) => (op.type === "txn" ? isReadOnly(op) : op.type === "range"));
}

function demandOp(value: OpResult | { readonly type: "done" }): OpResult {
  return value.type === "done" ? { type: "txn", succeeded: false, responses: [] } : value;
}
