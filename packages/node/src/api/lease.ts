/** The service Lease. */

import { leaseOf, leasesOf } from "../store/index.ts";
import type { Context } from "./context.ts";
import { bufferOf } from "../server/backend.ts";
import { leaseIdOf, randomLeaseId } from "./convert.ts";
import { ApiError, requestFaults } from "./errors.ts";
import type { Long } from "./messages.ts";

/** In seconds, as etcd has it. */
const TTL_MAX = 9_000_000_000;

type LeaseRequest = { readonly ID: Long };

export type LeaseService = {
  LeaseGrant(request: LeaseRequest & { readonly TTL: Long }): Promise<object>;
  LeaseRevoke(request: LeaseRequest): Promise<object>;
  /** One request of the stream, and its answer. */
  keepAlive(request: LeaseRequest): Promise<object>;
  LeaseTimeToLive(request: LeaseRequest & { readonly keys: boolean }): Promise<object>;
  LeaseLeases(): Promise<object>;
};

export function leaseService(context: Context): LeaseService {
  const { backend, limits } = context;
  return {
    async LeaseGrant(request) {
      const asked = Number(request.TTL);
      if (asked > TTL_MAX) throw new ApiError(requestFaults.leaseTtlTooLarge);
      const ttl = Math.max(asked, limits.leaseTtlMin);
      const given = leaseIdOf(request.ID);
      const id = given === "0" ? randomLeaseId() : given;
      const { revision } = await context.apply({ type: "leaseGrant", id, ttl });
      return { header: context.header(revision), ID: id, TTL: ttl };
    },

    async LeaseRevoke(request) {
      const { revision } = await context.apply({ type: "leaseRevoke", id: leaseIdOf(request.ID) });
      return { header: context.header(revision) };
    },

    async keepAlive(request) {
      const life = await backend.keepLeaseAlive(leaseIdOf(request.ID));
      return { header: context.header(), ID: request.ID, TTL: life?.ttl ?? 0 };
    },

    async LeaseTimeToLive({ ID, keys }) {
      const id = leaseIdOf(ID);
      await backend.linearize();
      const life = await backend.leaseLife(id);
      const lease = leaseOf(backend.store(), id);
      if (life === null || lease === null) return { header: context.header(), ID, TTL: -1 };
      return {
        header: context.header(),
        ID,
        TTL: life.ttl,
        grantedTTL: life.grantedTtl,
        keys: keys ? lease.keys.map(bufferOf) : [],
      };
    },

    async LeaseLeases() {
      await backend.linearize();
      return { header: context.header(), leases: [...leasesOf(backend.store())].map((ID) => ({ ID })) };
    },
  };
}
