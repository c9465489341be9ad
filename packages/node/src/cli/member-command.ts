/** `quorate member ...` and `quorate move-leader`. */

import { didYouMean } from "../config/suggest.ts";
import { readUrl } from "../config/urls.ts";
import { withAnyMember, withMember } from "./client.ts";
import type { Connection, MemberClient } from "./client.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { memberAdd, memberList, memberPromote, memberRemove, memberUpdate, moveLeader } from "./messages.ts";
import type { MemberRow } from "./messages.ts";
import { findMembers, isLeader } from "./status-command.ts";
import { table } from "./table.ts";

export async function memberListCommand(connection: Connection, isJson: boolean): Promise<ExitCode> {
  const { members } = await withAnyMember(connection, (member) => member.call(memberList()));
  if (isJson) {
    print(
      JSON.stringify(
        members.map(({ ID, ...rest }) => ({ id: ID, ...rest })),
        null,
        2,
      ),
    );
    return EXIT.ok;
  }
  const rows = members.map(({ ID, name, peerURLs, clientURLs, isLearner: learner }) => [
    ID,
    clientURLs.length === 0 ? "unstarted" : "started",
    name,
    peerURLs.join(","),
    clientURLs.join(","),
    String(learner),
  ]);
  print(table(["ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"], rows));
  return EXIT.ok;
}

export async function memberAddCommand(
  connection: Connection,
  name: string,
  peerUrls: string,
  isLearner: boolean,
): Promise<ExitCode> {
  const urls = readUrls(peerUrls);
  const { header, member, members } = await withAnyMember(connection, (client) =>
    client.call(memberAdd(urls, isLearner)),
  );
  // The new one has no name yet as far as the cluster knows.
  const named = members.map((other) => (other.ID === member.ID ? { ...other, name } : other));
  const cluster = named.flatMap((other) => other.peerURLs.map((url) => `${other.name}=${url}`)).join(",");
  print(`Member ${member.ID} added to cluster ${header.cluster_id}${isLearner ? " as a learner" : ""}.

Start it with:
  quorate serve --name ${name} --initial-cluster-state existing \\
    --initial-cluster ${cluster} \\
    --initial-advertise-peer-urls ${urls.join(",")} --listen-peer-urls ${urls.join(",")} \\
    --listen-client-urls ...`);
  return EXIT.ok;
}

export async function memberRemoveCommand(connection: Connection, word: string): Promise<ExitCode> {
  return await change(connection, word, async (client, { ID }) => {
    const { header } = await client.call(memberRemove(ID));
    return `Member ${ID} removed from cluster ${header.cluster_id}.`;
  });
}

export async function memberUpdateCommand(connection: Connection, word: string, peerUrls: string): Promise<ExitCode> {
  const urls = readUrls(peerUrls);
  return await change(connection, word, async (client, { ID }) => {
    const { header } = await client.call(memberUpdate(ID, urls));
    return `Member ${ID} updated in cluster ${header.cluster_id}.`;
  });
}

export async function memberPromoteCommand(connection: Connection, word: string): Promise<ExitCode> {
  return await change(connection, word, async (client, { ID }) => {
    const { header } = await client.call(memberPromote(ID));
    return `Member ${ID} promoted in cluster ${header.cluster_id}.`;
  });
}

/** Only the leader can hand leadership over, so that it is looked for first. */
export async function moveLeaderCommand(connection: Connection, word: string): Promise<ExitCode> {
  const found = await findMembers(connection);
  const to = memberCalled(
    word,
    found.map(({ member }) => member),
  );
  const leader = found.find(isLeader);
  if (leader === undefined) {
    throw new UserError(EXIT.unavailable, "No member that can be reached leads. `quorate status` shows them.");
  }
  if (leader.member.ID === to.ID) {
    print(`${labelOf(to)} leads already.`);
    return EXIT.ok;
  }
  await withMember(leader.endpoint, connection, (client) => client.call(moveLeader(to.ID)));
  print(`Leadership transferred from ${labelOf(leader.member)} to ${labelOf(to)}.`);
  return EXIT.ok;
}

async function change(
  connection: Connection,
  word: string,
  how: (client: MemberClient, member: MemberRow) => Promise<string>,
): Promise<ExitCode> {
  print(
    await withAnyMember(connection, async (client) => {
      const { members } = await client.call(memberList());
      return await how(client, memberCalled(word, members));
    }),
  );
  return EXIT.ok;
}

/** The member that is meant by an id, in hexadecimal digits as etcdctl prints it, or by a name. */
function memberCalled(word: string, members: readonly MemberRow[]): MemberRow {
  const hex = /^(0x)?[\da-f]{1,16}$/i.test(word) ? word.replace(/^0x/i, "").toLowerCase().padStart(16, "0") : null;
  const byId = members.find(({ ID }) => ID === hex);
  if (byId !== undefined) return byId;
  const named = members.filter(({ name }) => name === word && name !== "");
  const [one] = named;
  if (one !== undefined && named.length === 1) return one;
  if (named.length > 1) {
    const ids = named.map(({ ID }) => ID).join(", ");
    throw new UserError(EXIT.refused, `${named.length} members are called ${word}: ${ids}. Give the id of one.`);
  }
  const names = members.map(({ name }) => name).filter((name) => name !== "");
  const near = didYouMean(word, names);
  throw new UserError(
    EXIT.refused,
    `There is no member ${word}.${near === "" ? " `quorate member list` shows them." : near}`,
  );
}

function labelOf({ ID, name }: MemberRow): string {
  return name === "" ? ID : `${name} (${ID})`;
}

function readUrls(text: string): readonly string[] {
  return text.split(",").map((part) => {
    const result = readUrl(part.trim());
    if (result.ok) return result.url;
    throw new UserError(EXIT.usage, `--peer-urls is "${text}": it has to be ${result.expected}.`);
  });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
