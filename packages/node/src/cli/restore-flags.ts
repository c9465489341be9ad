import type { FlagName } from "../config/flags.ts";

/** The flags of a member that decide who it is: the same have to be given to `quorate serve`. */
export const RESTORE_FLAGS: readonly FlagName[] = [
  "name",
  "data-dir",
  "initial-cluster",
  "initial-cluster-token",
  "initial-advertise-peer-urls",
  "protocol",
];
