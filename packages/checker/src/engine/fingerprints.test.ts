import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cluster, Network } from "../cluster/cluster.ts";
import type { Model } from "../model/model.ts";
import { systemOf } from "../subject.ts";
import { naiveFindings } from "../testing/agreement.ts";
import { countingCluster } from "../testing/counting.ts";
import { randomCluster } from "../testing/random-cluster.ts";
import { randomModel } from "../testing/random-model.ts";
import { enter, successorsOf } from "../trace/trace.ts";
import type { Successor } from "../trace/trace.ts";

const LEVELS = 4;

/** The fingerprints of every state down to some depth, in ascending order. */
function fingerprintsOf(subject: Cluster | Model, levels = LEVELS): readonly string[] {
  const system = systemOf(subject);
  const seen = new Set<string>();
  const isNew = ({ lo, hi }: Successor): boolean => !seen.has(`${lo} ${hi}`) && seen.add(`${lo} ${hi}`).size > 0;
  let level = successorsOf(system, true).filter(isNew);
  for (let depth = 1; depth < levels; depth++) {
    level = level.flatMap((state) => {
      enter(system, state);
      return successorsOf(system, false).filter(isNew);
    });
  }
  return [...seen].sort();
}

/** The cluster with its nodes and clients the other way around, and nothing that depends on their order. */
function reversed({ kind, options }: Cluster): { readonly plain: Cluster; readonly turned: Cluster } {
  const turn = <T>(record: { readonly [name: string]: T }): { readonly [name: string]: T } =>
    Object.fromEntries(Object.entries(record).reverse());
  const { nodes, clients = {}, network = {}, faults = {}, timeouts = 1, persistence = "synchronous" } = options;
  const rest = { network, timeouts, persistence, faults: { ...faults, partitions: 0 } };
  return {
    plain: { kind, options: { ...rest, nodes, clients } },
    turned: { kind, options: { ...rest, nodes: turn(nodes), clients: turn(clients) } },
  };
}

describe("fingerprints depend on content alone", () => {
  test.each<Partial<Network>>([
    { order: "none" },
    { order: "none", duplication: "unlimited" },
    { order: "fifo", loss: 1 },
  ])("not on the order of nodes and clients, nor on the run: %o", (network) => {
    fc.assert(
      fc.property(randomCluster({ order: "none", duplication: 0, loss: 0, ...network }), ({ subject }) => {
        const { plain, turned } = reversed(subject());
        const fingerprints = String(fingerprintsOf(plain));
        return fingerprints === String(fingerprintsOf(turned)) && fingerprints === String(fingerprintsOf(plain));
      }),
      { numRuns: 20 },
    );
  });

  test("not on the order of a model's actions", () => {
    fc.assert(
      fc.property(randomModel, ({ subject }) => {
        const one = subject();
        const actions = Object.fromEntries(Object.entries(one.actions).reverse());
        return String(fingerprintsOf(one)) === String(fingerprintsOf({ ...one, actions }));
      }),
      { numRuns: 60 },
    );
  });

  test("and different states have different ones", () => {
    expect(fingerprintsOf(countingCluster(), 20)).toHaveLength(naiveFindings(countingCluster()).distinct);
  });
});
