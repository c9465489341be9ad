/** What there is of the service Auth: authentication is off, and clients that ask are told so as etcd tells them. */

import { REQUEST_ERRORS, fail } from "../errors.ts";
import type { ApiMember } from "../member.ts";
import type { AuthStatusResponse, HeaderResponse } from "../messages.ts";
import { voterUnary } from "../methods.ts";
import type { NamedMethod } from "../methods.ts";

const service = "Auth";

/** That of an etcd in which nobody has touched users or roles. */
const FIRST_AUTH_REVISION = 1;

export function authMethods(member: ApiMember): readonly NamedMethod[] {
  return [
    voterUnary<object, AuthStatusResponse>(member, { service, method: "AuthStatus" }, () =>
      Promise.resolve({ header: member.header(), enabled: false, authRevision: FIRST_AUTH_REVISION }),
    ),
    voterUnary<object, HeaderResponse>(member, { service, method: "AuthDisable" }, () =>
      Promise.resolve({ header: member.header() }),
    ),
    // Clients that were given a user's name go on without a token when they hear this.
    voterUnary<object, HeaderResponse>(member, { service, method: "Authenticate" }, () =>
      fail(REQUEST_ERRORS.authNotEnabled),
    ),
  ];
}
