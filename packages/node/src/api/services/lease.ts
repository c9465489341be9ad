/** The service Lease. */

import { randomBytes } from "node:crypto";
import { bufferOf } from "../../server/backend.ts";
import { leaseOf, leasesOf } from "../../store/index.ts";
import type { LeaseId } from "../../store/types.ts";
import { grantableLeaseIdOf } from "../convert.ts";
import { REQUEST_ERRORS, STORE_ERRORS, fail } from "../errors.ts";
import { leaseIdOf, leaseIdToInt64, numberOf } from "../int64.ts";
import type { ApiMember } from "../member.ts";
import type { HeaderResponse, LeaseGrantRequest, LeaseGrantResponse, LeaseKeepAliveResponse } from "../messages.ts";
import type { LeaseLeasesResponse, LeaseRequest, LeaseTimeToLiveRequest } from "../messages.ts";
import type { LeaseTimeToLiveResponse } from "../messages.ts";
import { demandVoter, stream, voterUnary } from "../methods.ts";
import type { NamedMethod } from "../methods.ts";
import { leaseIdFor, sessionOf, through } from "../sessions.ts";
import { OK } from "../status.ts";

/** In seconds, as in etcd. */
const TTL_MAX = 9_000_000_000;

const service = "Lease";

export function leaseMethods(member: ApiMember): readonly NamedMethod[] {
  const { backend } = member;
  return [
    voterUnary<LeaseGrantRequest, LeaseGrantResponse>(
      member,
      { service, method: "LeaseGrant" },
      async (request, size, context) => {
        const asked = numberOf(request.TTL);
        if (asked > TTL_MAX) fail(REQUEST_ERRORS.ttlTooLarge);
        const given = grantableLeaseIdOf(request.ID);
        const session = sessionOf(context);
        const chosen = session === null ? randomLeaseId() : leaseIdFor(session);
        const id = given === "0" ? chosen : given;
        const ttl = Math.max(asked, member.limits.leaseTtlMin);
        const { revision } = await member.propose(through(session, { type: "leaseGrant", id, ttl }), size);
        return { header: member.header(revision), ID: leaseIdToInt64(id), TTL: ttl };
      },
    ),

    voterUnary<LeaseRequest, HeaderResponse>(
      member,
      { service, method: "LeaseRevoke" },
      async (request, size, context) => {
        const id = leaseIdOf(request.ID);
        if (!isPositive(id)) fail(STORE_ERRORS.leaseNotFound);
        const { revision } = await member.propose(through(sessionOf(context), { type: "leaseRevoke", id }), size);
        return { header: member.header(revision) };
      },
    ),

    keepAlive(member),

    voterUnary<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse>(
      member,
      { service, method: "LeaseTimeToLive" },
      async ({ ID, keys }) => {
        const id = leaseIdOf(ID);
        const life = isPositive(id) ? await backend.leaseLife(id) : null;
        // The leader speaks of what has been applied there: the keys must not be older than that.
        await backend.linearize();
        const lease = life === null ? null : leaseOf(backend.store(), id);
        if (life === null || lease === null) return { header: member.header(), ID, TTL: -1, grantedTTL: 0, keys: [] };
        const { ttl, grantedTtl } = life;
        const itsKeys = keys ? lease.keys.map(bufferOf) : [];
        return { header: member.header(), ID, TTL: ttl, grantedTTL: grantedTtl, keys: itsKeys };
      },
    ),

    voterUnary<object, LeaseLeasesResponse>(member, { service, method: "LeaseLeases" }, async () => {
      await backend.linearize();
      const leases = Array.from(leasesOf(backend.store()), (id) => ({ ID: leaseIdToInt64(id) }));
      return { header: member.header(), leases };
    }),
  ];
}

/** One answer for each request, in their order. */
function keepAlive(member: ApiMember): NamedMethod {
  return stream<LeaseRequest, LeaseKeepAliveResponse>(
    member,
    { service: `etcdserverpb.${service}`, method: "LeaseKeepAlive" },
    (send, server) => ({
      async message({ ID }) {
        demandVoter(member);
        // Before the lease is renewed: its client must not believe that it lived at a revision at which it had ended.
        const header = member.header();
        const id = leaseIdOf(ID);
        const life = isPositive(id) ? await member.backend.keepLeaseAlive(id) : null;
        send({ header, ID, TTL: life?.ttl ?? 0 });
      },
      end: () => server.finish(OK),
      drained: () => undefined,
      closed: () => undefined,
    }),
  );
}

function isPositive(id: LeaseId): boolean {
  return id !== "0" && !id.startsWith("-");
}

function randomLeaseId(): LeaseId {
  // 63 bits, of which 0 alone is no id.
  return (randomBytes(8).readBigUInt64BE() >> 1n || 1n).toString();
}
