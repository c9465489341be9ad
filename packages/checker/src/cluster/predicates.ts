import type { Predicates } from "../engine/predicates.ts";
import { predicatesOf } from "../engine/predicates.ts";
import { Recorder, Tuples } from "../engine/reads.ts";
import { newResults } from "../engine/views.ts";
import type { ClusterSystem } from "./system.ts";
import { ClusterViews } from "./view.ts";

/** The properties of a cluster. */
export function clusterPredicates(system: ClusterSystem): Predicates {
  const recorder = new Recorder();
  const views = new ClusterViews(system, recorder, new Tuples(), newResults());
  return predicatesOf(system.options, system.options.constraint, recorder, system, (cursor, reader, itemwise) =>
    views.view(cursor, reader, itemwise),
  );
}
