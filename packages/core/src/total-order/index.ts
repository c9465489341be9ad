/** The face that all total order broadcast protocols have in common. */

export { isTotalOrderOutput } from "./total-order.ts";
export type * from "./total-order.ts";
