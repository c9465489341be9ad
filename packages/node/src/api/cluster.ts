/** The service Cluster. */

import type { MembershipResult } from "../server/backend.ts";
import { membersOf } from "../store/index.ts";
import type { Member } from "../store/types.ts";
import type { Context } from "./context.ts";
import { memberIdOfWire, wireId } from "./convert.ts";
import { ApiError, requestFaults, storeFault } from "./errors.ts";
import type { Long } from "./messages.ts";

type MemberRequest = { readonly ID: Long };

export type ClusterService = {
  MemberAdd(request: { readonly peerURLs: readonly string[]; readonly isLearner: boolean }): Promise<object>;
  MemberRemove(request: MemberRequest): Promise<object>;
  MemberUpdate(request: MemberRequest & { readonly peerURLs: readonly string[] }): Promise<object>;
  MemberPromote(request: MemberRequest): Promise<object>;
  MemberList(): Promise<object>;
};

export function clusterService(context: Context): ClusterService {
  const { backend } = context;

  const respond = (result: MembershipResult): object => {
    if (!result.ok) throw storeFault(result.error);
    const { member, members } = result;
    return {
      header: context.header(),
      members: members.map(memberMessage),
      ...(member === null ? {} : { member: memberMessage(member) }),
    };
  };

  return {
    async MemberAdd({ peerURLs, isLearner }) {
      demandUrls(peerURLs);
      return respond(await backend.addMember(peerURLs, isLearner));
    },
    async MemberRemove({ ID }) {
      return respond(await backend.removeMember(memberIdOfWire(ID)));
    },
    async MemberUpdate({ ID, peerURLs }) {
      demandUrls(peerURLs);
      return respond(await backend.updateMember(memberIdOfWire(ID), peerURLs));
    },
    async MemberPromote({ ID }) {
      return respond(await backend.promoteMember(memberIdOfWire(ID)));
    },
    async MemberList() {
      await backend.linearize();
      return { header: context.header(), members: membersOf(backend.store()).map(memberMessage) };
    },
  };
}

function memberMessage({ id, name, peerUrls, clientUrls, isLearner }: Member): object {
  return { ID: wireId(id), name, peerURLs: peerUrls, clientURLs: clientUrls, isLearner };
}

/** An address of a member is a scheme, a host and a port, and nothing more. */
function demandUrls(urls: readonly string[]): void {
  if (urls.length === 0 || !urls.every(isPeerUrl)) throw new ApiError(requestFaults.badUrls);
}

function isPeerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, port, pathname, hostname } = new URL(text);
  return (protocol === "http:" || protocol === "https:") && port !== "" && pathname === "/" && hostname !== "";
}
