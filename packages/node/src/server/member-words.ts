/** What members ask one another beside the protocol's messages, and what they answer. */

import type { Plain } from "@quorate/core";
import { z } from "zod";
import { memberSchema } from "../store/commands.ts";
import type { LeaseId, Member, MemberId } from "../store/types.ts";
import type { LeaseLife, MemberFault } from "./backend.ts";
import type { ForwardVerdict } from "./proposals.ts";

const plain = z.custom<Plain>((value) => value !== undefined);
const id = z.string().regex(/^[0-9a-f]{16}$/);

/** A change of the membership that only the leader can judge. */
export type MembershipChange =
  | { readonly type: "addVoter" }
  | { readonly type: "remove"; readonly id: MemberId }
  | { readonly type: "promote"; readonly id: MemberId };

export type Question =
  /** Put these commands into the order. Only a member may ask that. */
  | { readonly type: "propose"; readonly commands: readonly Plain[] }
  | { readonly type: "renewLease"; readonly id: LeaseId }
  | { readonly type: "leaseLife"; readonly id: LeaseId }
  | { readonly type: "mayChange"; readonly change: MembershipChange }
  /** Who are you? Asked by one that is to join, and knows addresses alone. */
  | { readonly type: "cluster" };

const change: z.ZodType<MembershipChange> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("addVoter") }),
  z.strictObject({ type: z.literal("remove"), id }),
  z.strictObject({ type: z.literal("promote"), id }),
]);

const question: z.ZodType<Question> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("propose"), commands: z.array(plain) }),
  z.strictObject({ type: z.literal("renewLease"), id: z.string() }),
  z.strictObject({ type: z.literal("leaseLife"), id: z.string() }),
  z.strictObject({ type: z.literal("mayChange"), change }),
  z.strictObject({ type: z.literal("cluster") }),
]);

export function readQuestion(value: Plain): Question | null {
  const read = question.safeParse(value);
  return read.success ? read.data : null;
}

const verdict: z.ZodType<ForwardVerdict> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("applied") }),
  z.strictObject({ type: z.literal("refused"), reason: z.string() }),
]);

/** `notLeader` if the member that was asked is not the one to ask. */
export type LeaseAnswer = { readonly type: "life"; readonly life: LeaseLife | null } | { readonly type: "notLeader" };

const leaseAnswer: z.ZodType<LeaseAnswer> = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("life"),
    life: z.strictObject({ ttl: z.number(), grantedTtl: z.number() }).nullable(),
  }),
  z.strictObject({ type: z.literal("notLeader") }),
]);

export type ChangeAnswer =
  { readonly type: "yes" } | { readonly type: "no"; readonly fault: MemberFault } | { readonly type: "notLeader" };

const changeAnswer: z.ZodType<ChangeAnswer> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("yes") }),
  z.strictObject({ type: z.literal("no"), fault: z.enum(["unhealthyCluster", "learnerNotReady"]) }),
  z.strictObject({ type: z.literal("notLeader") }),
]);

type ClusterAnswer = {
  readonly clusterId: string;
  readonly protocol: string;
  readonly members: readonly Member[];
};

const clusterAnswer: z.ZodType<ClusterAnswer> = z.strictObject({
  clusterId: id,
  protocol: z.string(),
  members: z.array(memberSchema),
});

type Answers = {
  readonly verdict: (value: Plain) => ForwardVerdict;
  readonly lease: (value: Plain) => LeaseAnswer;
  readonly change: (value: Plain) => ChangeAnswer;
  readonly cluster: (value: Plain) => ClusterAnswer;
};

/**
 * How to read each answer.
 *
 * @throws ZodError if it is none: the member that was asked is of another version, or not right
 */
export const answers: Answers = {
  verdict: (value) => verdict.parse(value),
  lease: (value) => leaseAnswer.parse(value),
  change: (value) => changeAnswer.parse(value),
  cluster: (value) => clusterAnswer.parse(value),
};
