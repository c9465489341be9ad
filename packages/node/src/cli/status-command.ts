/** `quorate status`: what each member of the cluster says of itself. */

import { memberList, memberStatus, NO_ID } from "./messages.ts";
import type { MemberRow, StatusRow } from "./messages.ts";
import { UnreachableError, withAnyMember, withMember } from "./client.ts";
import type { Connection } from "./client.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { readableSize, table } from "./table.ts";

/** A member, and what it says; or why it says nothing. */
export type Found = {
  readonly endpoint: string;
  readonly member: MemberRow;
  readonly status: StatusRow | null;
  readonly problem: string | null;
};

export async function statusCommand(connection: Connection, isJson: boolean): Promise<ExitCode> {
  const found = await findMembers(connection);
  process.stdout.write(isJson ? `${JSON.stringify(found.map(toJson), null, 2)}\n` : `${tableOf(found)}\n`);
  return found.every(({ status }) => status !== null) ? EXIT.ok : EXIT.unavailable;
}

/** Every member of the cluster, as whoever of the endpoints answers first knows them, each asked itself. */
export async function findMembers(connection: Connection): Promise<readonly Found[]> {
  const { members } = await withAnyMember(connection, (member) => member.call(memberList()));
  return await Promise.all(members.map((member) => ask(member, connection)));
}

async function ask(member: MemberRow, connection: Connection): Promise<Found> {
  const [endpoint] = member.clientURLs;
  if (endpoint === undefined) return { endpoint: "", member, status: null, problem: "it has not started yet" };
  try {
    const status = await withMember(endpoint, connection, (client) => client.call(memberStatus()));
    return { endpoint, member, status, problem: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const problem = error instanceof UnreachableError ? "it can't be reached" : error.message;
    return { endpoint, member, status: null, problem };
  }
}

export function isLeader({ status }: Found): boolean {
  return status !== null && status.leader !== NO_ID && status.leader === status.header.member_id;
}

const TITLES = [
  "NAME",
  "ENDPOINT",
  "ID",
  "VERSION",
  "DB SIZE",
  "LEADER",
  "LEARNER",
  "TERM",
  "INDEX",
  "APPLIED",
  "ERRORS",
];

function tableOf(found: readonly Found[]): string {
  const rows = found.map((one) => {
    const { member, endpoint, status, problem } = one;
    const head = [member.name, endpoint.replace(/^https?:\/\//, ""), member.ID];
    const learner = String(member.isLearner);
    if (status === null) return [...head, "", "", "", learner, "", "", "", problem ?? ""];
    const { version, dbSize, raftTerm, raftIndex, raftAppliedIndex, errors } = status;
    const figures = [raftTerm, raftIndex, raftAppliedIndex].map(String);
    return [...head, version, readableSize(dbSize), String(isLeader(one)), learner, ...figures, errors.join(", ")];
  });
  return table(TITLES, rows);
}

function toJson(found: Found): object {
  const { member, endpoint, status, problem } = found;
  const who = { endpoint, id: member.ID, name: member.name, isLearner: member.isLearner };
  if (status === null) return { ...who, isReachable: false, errors: [problem] };
  const { version, dbSize, dbSizeInUse, raftTerm, raftIndex, raftAppliedIndex, leader, errors } = status;
  return {
    ...who,
    isReachable: true,
    version,
    dbSize,
    dbSizeInUse,
    isLeader: isLeader(found),
    leader: leader === NO_ID ? null : leader,
    term: raftTerm,
    index: raftIndex,
    applied: raftAppliedIndex,
    errors,
  };
}
