import type { FlagName } from "./flags.ts";

/** A flag's value as somebody has given it, and what to call that in a message, such as `--name` or `QUORATE_NAME`. */
export type Given = { readonly name: FlagName; readonly text: string; readonly label: string };
