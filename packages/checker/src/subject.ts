import type { Cluster } from "./cluster/cluster.ts";
import { ClusterSystem } from "./cluster/system.ts";
import type { Model } from "./model/model.ts";
import { ModelSystem } from "./model/system.ts";
import type { System } from "./engine/system.ts";

/** The engine's form of a cluster or a model. */
export function systemOf(subject: Cluster | Model): System {
  switch (subject.kind) {
    case "cluster":
      return new ClusterSystem(subject);
    case "model":
      return new ModelSystem(subject);
  }
}
