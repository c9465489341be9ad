/**
 * A collection inside a state, as properties and actions see it: the reading half of an array.
 *
 * Reading through `some`, `every`, `filter`, `find` and `map` with a function, rather than item by item, tells the
 * checker what was asked of each item, and it computes the answer once for each different item. The function must
 * depend on the item and on what was read before alone, and do nothing but answer: it is not called again about an item
 * that it has answered for.
 */
export interface Collection<T> extends Iterable<T> {
  some(predicate: (item: T) => boolean): boolean;
  every(predicate: (item: T) => boolean): boolean;
  filter<S extends T>(predicate: (item: T) => item is S): readonly S[];
  filter(predicate: (item: T) => boolean): readonly T[];
  find(predicate: (item: T) => boolean): T | undefined;
  map<R>(project: (item: T) => R): readonly R[];
}
