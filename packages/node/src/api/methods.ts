/** How handlers of requests become methods that take bytes and give bytes. */

import { codecOf } from "./codec.ts";
import { MEMBER_FAULTS, REQUEST_ERRORS, fail, isExpected } from "./errors.ts";
import type { ApiMember } from "./member.ts";
import type { CallContext, Method, ServerStream, StreamHandler } from "./transport/transport.ts";

export type NamedMethod = readonly [path: string, method: Method];

/** As `proto/` has them. The package is etcd's unless it is given. */
type Name = { readonly package?: string; readonly service: string; readonly method: string };

/** What a handler is told beside the request: how large that is in bytes, and the metadata of its call. */
type Handle<Request, Response> = (request: Request, size: number, context: CallContext) => Promise<Response>;

/** The metadata by which a client says that it would rather have an error than wait where there is no leader. */
export function requiresLeader(context: CallContext): boolean {
  return context.metadata("hasleader") === "true";
}

export function unary<Request extends object, Response extends object>(
  member: ApiMember,
  { package: of = "etcdserverpb", service, method }: Name,
  handle: Handle<Request, Response>,
): NamedMethod {
  const { decode, encode } = codecOf<Request, Response>(`${of}.${service}`, method);
  const path = `/${of}.${service}/${method}`;
  const call = async (bytes: Uint8Array, context: CallContext): Promise<Uint8Array> => {
    try {
      if (requiresLeader(context) && member.backend.leader === null) fail(MEMBER_FAULTS.noLeader);
      return encode(await handle(decode(bytes), bytes.length, context));
    } catch (error) {
      throw reported(member, path, error);
    }
  };
  return [path, { kind: "unary", call }];
}

/** Faults of the server's own are for its log, since clients are told nothing of them. */
function reported(member: ApiMember, path: string, error: unknown): unknown {
  if (!isExpected(error)) member.onFault(path, error);
  return error;
}

/** A member that has no vote yet lacks what was agreed on of late, so etcd has it answer next to nothing. */
export function demandVoter(member: ApiMember): void {
  if (member.isLearner()) fail(REQUEST_ERRORS.learner);
}

/** As `unary`, for what a learner does not answer. */
export function voterUnary<Request extends object, Response extends object>(
  member: ApiMember,
  name: Name,
  handle: Handle<Request, Response>,
): NamedMethod {
  return unary<Request, Response>(member, name, async (request, size, context) => {
    demandVoter(member);
    return await handle(request, size, context);
  });
}

/** What a stream's handler works with: its requests come decoded, and what it sends it encodes itself. */
export type Requests<Request> = {
  message(request: Request): void | Promise<void>;
  end(): void;
  drained(): void;
  closed(): void;
};

export function stream<Request extends object, Response extends object>(
  member: ApiMember,
  { service, method }: Name,
  open: (send: (response: Response) => boolean, stream: ServerStream, context: CallContext) => Requests<Request>,
): NamedMethod {
  const { decode, encode } = codecOf<Request, Response>(service, method);
  const path = `/${service}/${method}`;
  return [
    path,
    {
      kind: "stream",
      open: (server, context): StreamHandler => {
        const handler = open((response) => server.send(encode(response)), server, context);
        const message = async (bytes: Uint8Array): Promise<void> => {
          try {
            await handler.message(decode(bytes));
          } catch (error) {
            throw reported(member, path, error);
          }
        };
        return { ...handler, message };
      },
    },
  ];
}
