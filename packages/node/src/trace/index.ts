/**
 * The trace of a running node: each input of its protocol and each effect, with a digest of the state, for `check trace`.
 * README.md describes the format.
 */

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type {
  Effect,
  Input,
  NodeId,
  Output,
  Send,
  Signature,
  State,
  Step,
  TotalOrderProtocol,
  TotalOrderView,
} from "@quorate/core";
import type { ShellObserver } from "../shell/observer.ts";
import { continuationOf } from "./parts.ts";
import { Tracer } from "./tracer.ts";
import { createFile, TraceWriter } from "./writer.ts";

export { TraceFileError } from "./parts.ts";

export type TraceOptions<S extends Signature> = {
  /** The first file: those after it get a number, `FILE.1` and so on. What there is of the trace already is kept. */
  readonly file: string;
  /** The protocol as core has it, without a state machine. */
  readonly protocol: TotalOrderProtocol<S>;
  readonly config: S["config"];
  readonly node: NodeId;
  readonly cluster: string;
  /** The trace has ended early, and the node goes on without. */
  readonly onError: (error: Error) => void;
  /** How many characters a file has at the least before the next one begins: 64 MiB unless given. */
  readonly rotateAt?: number;
  /** How many characters may wait for the disk: 64 MiB unless given. */
  readonly backlogMax?: number;
};

export type Trace<S extends Signature> = {
  /** Does what the protocol does, and writes it down. One node may run it, for one life. */
  readonly protocol: TotalOrderProtocol<S>;
  /** For the shell, whatever stands between it and the protocol. */
  observer<O extends Signature>(): ShellObserver<O>;
  /** Resolves when everything is written, once the node has stopped. */
  close(): Promise<void>;
};

const MEBIBYTE = 1024 * 1024;

/**
 * Opens the trace of a life that is about to begin.
 *
 * @throws TraceFileError, TypeError if the configuration is not plain data, or a file's error (by rejection)
 */
export async function openTrace<S extends Signature>(options: TraceOptions<S>): Promise<Trace<S>> {
  const {
    file,
    protocol,
    config,
    node,
    cluster,
    onError,
    rotateAt = 64 * MEBIBYTE,
    backlogMax = 64 * MEBIBYTE,
  } = options;
  mkdirSync(dirname(file), { recursive: true });
  const { index, life } = continuationOf(file, { node, cluster, protocol: protocol.name });
  const writer = await TraceWriter.open({ file, index, backlogMax, onError, create: createFile });
  const tracer = new Tracer({
    writer,
    protocol: protocol.name,
    config,
    initial: protocol.initial(config),
    node,
    cluster,
    life,
    rotateAt,
  });
  return {
    protocol: traced(protocol, tracer),
    observer: observerOf,
    close: async () => {
      tracer.closed();
      await writer.close();
    },
  };

  function observerOf<O extends Signature>(): ShellObserver<O> {
    return {
      returned: (effects: readonly Effect<O>[]) => {
        tracer.returned(effects);
      },
      flushed: (durable: O["durable"]) => {
        tracer.flushed(durable);
      },
      left: (effect: Send<O> | Output<O>) => {
        tracer.left(effect);
      },
    };
  }
}

/** `protocol`, and `tracer` is told of each start and each step. */
function traced<S extends Signature>(protocol: TotalOrderProtocol<S>, tracer: Tracer): TotalOrderProtocol<S> {
  const told = {
    ...protocol,
    start: (config: S["config"], durable: S["durable"]): Step<TotalOrderView<S>> => {
      const step = protocol.start(config, durable);
      tracer.started(durable, step);
      return step;
    },
    step: (config: S["config"], state: State<S>, input: Input<TotalOrderView<S>>): Step<TotalOrderView<S>> => {
      const step = protocol.step(config, state, input);
      tracer.stepped(state, input, step);
      return step;
    },
  };
  // Both of the types that the face gives each function are those of what it returns, which is passed on as it is.
  return told as typeof told & TotalOrderProtocol<S>;
}
