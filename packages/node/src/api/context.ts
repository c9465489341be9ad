import { revisionOf } from "../store/index.ts";
import type { Backend } from "../server/backend.ts";
import { wireId } from "./convert.ts";
import { storeFault } from "./errors.ts";
import type { ApiLimits } from "./limits.ts";
import type { Header } from "./messages.ts";
import type { OpResult, StoreCommand, StoreResult } from "../store/types.ts";

/** What all services work with. */
export class Context {
  readonly backend: Backend;
  readonly limits: ApiLimits;
  readonly #ids: Pick<Header, "cluster_id" | "member_id">;

  constructor(backend: Backend, limits: ApiLimits) {
    this.backend = backend;
    this.limits = limits;
    this.#ids = { cluster_id: wireId(backend.clusterId), member_id: wireId(backend.memberId) };
  }

  header(revision: number = revisionOf(this.backend.store())): Header {
    return { ...this.#ids, revision, raft_term: this.backend.term };
  }

  /** @throws ApiError (by rejection) if the command fails, in the store or before */
  async apply(
    command: StoreCommand,
  ): Promise<{ readonly revision: number; readonly value: OpResult | { readonly type: "done" } }> {
    return demandOk(await this.backend.propose(command));
  }
}

export function demandOk(result: StoreResult): Extract<StoreResult, { readonly ok: true }> {
  if (!result.ok) throw storeFault(result.error);
  return result;
}
