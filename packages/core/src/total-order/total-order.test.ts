import { expect, test } from "vitest";
import type { SingleNode } from "../conformance/single-node.ts";
import type { Paxos } from "../paxos/index.ts";
import type { Protocol, Signature } from "../protocol.ts";
import { isTotalOrderOutput } from "./index.ts";
import type { Broadcast, Deliver, Refused, TotalOrder, TotalOrderProtocol } from "./index.ts";

/** Whether the types let a protocol of the signature S pass for one with the face. */
type HasFace<S extends Signature> = Protocol<S> extends TotalOrderProtocol<S> ? "yes" : "no";

type Noise = { readonly type: "noise"; readonly volume: number };

interface Louder extends TotalOrder<Noise, Noise> {
  readonly message: never;
}
interface WithoutReads extends Signature {
  readonly request: Broadcast;
  readonly output: Deliver | Refused;
}
interface OtherDeliveries extends TotalOrder {
  readonly output: Deliver & { readonly type: "deliver"; readonly index: never };
}
interface Misdelivers extends Signature {
  readonly request: TotalOrder["request"];
  readonly output: { readonly type: "deliver"; readonly command: string };
}

test("the types know who has the face", () => {
  const faces: readonly [
    HasFace<SingleNode>,
    HasFace<Louder>,
    HasFace<OtherDeliveries>,
    HasFace<WithoutReads>,
    HasFace<Misdelivers>,
    HasFace<Paxos>,
  ] = ["yes", "yes", "yes", "no", "no", "no"];
  expect(faces).toHaveLength(6);
});

test.each([
  ["deliver", true],
  ["restore", true],
  ["readable", true],
  ["refused", true],
  ["decide", false],
  ["toString", false],
])("an output of the type %s is one of the face: %s", (type, isOne) => {
  expect(isTotalOrderOutput({ type })).toBe(isOne);
});
