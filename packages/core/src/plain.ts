/**
 * Plain data: what protocol states, messages, inputs and effects are made of.
 *
 * Plain data has one canonical encoding, so that it can be stored, sent, fingerprinted and compared without knowing what
 * it means. Integers are safe integers. `undefined`, functions, class instances and cycles are not plain.
 */
export type Plain =
  null | boolean | number | string | Uint8Array | readonly Plain[] | { readonly [field: string]: Plain };
