export { naiveExplore } from "./explore.ts";
export type { NaiveResult, NaiveSystem, NaiveTransition } from "./explore.ts";
export { naiveCluster } from "./cluster.ts";
export { naiveModel } from "./model.ts";
