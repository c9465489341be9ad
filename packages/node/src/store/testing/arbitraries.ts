/** Random commands over few keys, so that they meet. */

import fc from "fast-check";
import type { Compare, DeleteRangeOp, PutOp, RangeOp, StoreCommand, StoreOp, TxnOp } from "../types.ts";

const key = fc.constantFrom("a", "b", "c", "\0", "ÿ");
const rangeEnd = fc.constantFrom("", "", "", "\0", "b", "c", "d");
const wideRangeEnd = fc.constantFrom("", "\0", "\0", "c", "d");
const value = fc.constantFrom("", "1", "2", "ÿ");
const lease = fc.constantFrom("0", "0", "0", "7", "10");
const revision = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(25) });
const bound = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(12) });
const rarely = fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });

export const rangeOps: fc.Arbitrary<RangeOp> = fc.record({
  type: fc.constant("range"),
  key,
  rangeEnd: wideRangeEnd,
  limit: fc.constantFrom(0, 0, 1, 2),
  revision,
  sortOrder: fc.constantFrom("none", "ascend", "descend"),
  sortTarget: fc.constantFrom("key", "version", "create", "mod", "value"),
  keysOnly: fc.boolean(),
  countOnly: rarely,
  minModRevision: bound,
  maxModRevision: bound,
  minCreateRevision: bound,
  maxCreateRevision: bound,
});

const puts: fc.Arbitrary<PutOp> = fc.record({
  type: fc.constant("put"),
  key,
  value,
  lease,
  prevKv: fc.boolean(),
  ignoreValue: rarely,
  ignoreLease: rarely,
});

const deletes: fc.Arbitrary<DeleteRangeOp> = fc.record({
  type: fc.constant("deleteRange"),
  key,
  rangeEnd,
  prevKv: fc.boolean(),
});

const condition = { key, rangeEnd, result: fc.constantFrom("equal", "greater", "less", "notEqual") } as const;
const compares: fc.Arbitrary<Compare> = fc.oneof(
  fc.record({ ...condition, target: fc.constantFrom("version", "create", "mod"), revision: fc.nat(5) }),
  fc.record({ ...condition, target: fc.constant("value"), value }),
  fc.record({ ...condition, target: fc.constant("lease"), lease }),
);

const { txns } = fc.letrec<{ txns: TxnOp; ops: StoreOp }>((tie) => ({
  txns: fc.record({
    type: fc.constant("txn"),
    compare: fc.array(compares, { maxLength: 2 }),
    success: fc.array(tie("ops"), { maxLength: 3 }),
    failure: fc.array(tie("ops"), { maxLength: 3 }),
  }),
  ops: fc.oneof({ depthSize: "small" }, puts, deletes, rangeOps, tie("txns")),
}));

const grantedLease = fc.constantFrom("7", "10");
const member = fc.constant("00000000000000aa");
/** Corruption is seldom, since after it all else is refused. */
const raised = { member, alarm: fc.constantFrom("noSpace", "noSpace", "noSpace", "corrupt") } as const;
const cleared = { member, alarm: fc.constantFrom("noSpace", "corrupt") } as const;

const expiries = fc.record({
  type: fc.constant("leaseExpire"),
  id: grantedLease,
  term: fc.nat(3),
  grant: fc.integer({ min: 1, max: 4 }),
});

/** All commands but those of members. */
export const commands: fc.Arbitrary<StoreCommand> = fc.oneof(
  { weight: 8, arbitrary: puts },
  { weight: 4, arbitrary: deletes },
  { weight: 8, arbitrary: txns },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("compact"), revision: fc.nat(25) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("leaseGrant"), id: grantedLease, ttl: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("leaseRevoke"), id: grantedLease }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("lessor"), term: fc.nat(3) }) },
  { weight: 2, arbitrary: expiries },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("alarmRaise"), ...raised }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("alarmClear"), ...cleared }) },
);
