/** The service Cluster. */

import type { MembershipResult } from "../../server/backend.ts";
import { membersOf } from "../../store/index.ts";
import { memberMessage } from "../convert.ts";
import { REQUEST_ERRORS, STORE_ERRORS, fail } from "../errors.ts";
import { hexIdOf } from "../int64.ts";
import type { ApiMember } from "../member.ts";
import type { MemberAddRequest, MemberAddResponse, MemberRequest, MembersResponse } from "../messages.ts";
import type { MemberUpdateRequest } from "../messages.ts";
import { voterUnary } from "../methods.ts";
import type { NamedMethod } from "../methods.ts";

const service = "Cluster";

export function clusterMethods(member: ApiMember): readonly NamedMethod[] {
  const { backend } = member;
  return [
    voterUnary<MemberAddRequest, MemberAddResponse>(
      member,
      { service, method: "MemberAdd" },
      async ({ peerURLs, isLearner }) => {
        checkUrls(peerURLs);
        const result = changed(await backend.addMember(peerURLs, isLearner));
        const added = result.member === null ? null : memberMessage(result.member);
        return { header: member.header(), member: added, members: result.members.map(memberMessage) };
      },
    ),

    voterUnary<MemberRequest, MembersResponse>(member, { service, method: "MemberRemove" }, async ({ ID }) =>
      response(member, await backend.removeMember(hexIdOf(ID))),
    ),

    voterUnary<MemberUpdateRequest, MembersResponse>(
      member,
      { service, method: "MemberUpdate" },
      async ({ ID, peerURLs }) => {
        checkUrls(peerURLs);
        return response(member, await backend.updateMember(hexIdOf(ID), peerURLs));
      },
    ),

    // A client of etcd 3.4 has no field to ask for the newest with, so everybody gets that.
    voterUnary<object, MembersResponse>(member, { service, method: "MemberList" }, async () => {
      await backend.linearize();
      return { header: member.header(), members: membersOf(backend.store()).map(memberMessage) };
    }),

    voterUnary<MemberRequest, MembersResponse>(member, { service, method: "MemberPromote" }, async ({ ID }) =>
      response(member, await backend.promoteMember(hexIdOf(ID))),
    ),
  ];
}

type Changed = Extract<MembershipResult, { readonly ok: true }>;

function changed(result: MembershipResult): Changed {
  return result.ok ? result : fail(STORE_ERRORS[result.error]);
}

function response(member: ApiMember, result: MembershipResult): MembersResponse {
  return { header: member.header(), members: changed(result).members.map(memberMessage) };
}

/** A scheme, a host and a port, and nothing else. */
function checkUrls(urls: readonly string[]): void {
  if (urls.length === 0 || !urls.every(isPeerUrl)) fail(REQUEST_ERRORS.badMemberUrls);
}

function isPeerUrl(text: string): boolean {
  // The class URL is silent about a port that is the scheme's own, and about what it has left out.
  return /^https?:\/\/[^/?#@]+:\d+$/.test(text) && URL.canParse(text);
}
