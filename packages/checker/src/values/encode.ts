/**
 * The canonical encoding of plain values, written once for everything that is interned, fingerprinted or compared: two
 * values have the same encoding exactly when they are structurally equal.
 *
 * The encoding reads like JSON with the fields of records in code-unit order; a byte string is `#` and its hexadecimal
 * digits, which no JSON text contains outside a string.
 */

/** A value that is not plain was found where only plain data may stand. */
export class NotPlainError extends TypeError {
  override readonly name = "NotPlainError";
  /** Where in the value, as one would write it in code: `.log[3].command`. Empty for the value itself. */
  readonly path: string;
  /** What stood there: "a function", "NaN", "an instance of Map" and so on. */
  readonly found: string;

  constructor(path: string, found: string) {
    const where = path === "" ? "the value" : path;
    super(`${where} is ${found}; plain data is null, booleans, integers, strings, byte strings, arrays and records`);
    this.path = path;
    this.found = found;
  }
}

/** Deeper than any protocol's state: what is nested deeper is searched for a cycle. */
export const DEPTH_MAX = 500;

/** The encodings of short strings, field names among them: there are few, and they are needed all the time. */
const quoted = new Map<string, string>();
/** Longer strings, and any beyond so many, are encoded each time. */
const QUOTED_LENGTH_MAX = 32;
const QUOTED_SIZE_MAX = 10_000;

let bytesMet = false;

/** Whether any value encoded so far held a byte string. */
export function hasMetBytes(): boolean {
  return bytesMet;
}

/**
 * The canonical encoding of `value`.
 *
 * @throws NotPlainError naming the path to the first thing that is not plain
 */
export function encode(value: unknown): string {
  const encoding = write(value, 0);
  if (encoding !== null) return encoding;
  const fault = findFault(value, "", []);
  throw fault ?? new NotPlainError("", `nested more than ${DEPTH_MAX} deep`);
}

/** The encoding, or null if something is not plain. */
function write(value: unknown, depth: number): string | null {
  switch (typeof value) {
    case "number":
      if (!Number.isSafeInteger(value)) return null;
      return value === 0 ? "0" : String(value);
    case "string":
      return quote(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth > DEPTH_MAX) return null;
      if (Array.isArray(value)) return writeArray(value, depth + 1);
      return value instanceof Uint8Array ? writeBytes(value) : writeRecord(value, depth + 1);
    case "undefined":
    case "function":
    case "symbol":
    case "bigint":
      return null;
  }
}

function writeBytes(bytes: Uint8Array): string {
  bytesMet = true;
  return `#${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;
}

function writeArray(array: readonly unknown[], depth: number): string | null {
  let encoding = "[";
  for (let index = 0; index < array.length; index++) {
    const item = write(array[index], depth);
    if (item === null) return null;
    encoding += index === 0 ? item : `,${item}`;
  }
  return `${encoding}]`;
}

function writeRecord(record: object, depth: number): string | null {
  const prototype: unknown = Object.getPrototypeOf(record);
  if (prototype !== Object.prototype && prototype !== null) return null;
  const fields = Object.keys(record);
  sortFew(fields);
  let encoding = "{";
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] as string;
    const value = write((record as { readonly [field: string]: unknown })[field], depth);
    if (value === null) return null;
    if (index > 0) encoding += ",";
    encoding += `${quote(field)}:${value}`;
  }
  return `${encoding}}`;
}

/** Records with more fields than this are left to the sort of arrays. */
const FEW = 32;

/** Sorts the names of fields in place, in code-unit order. They are few, and mostly in order: insertion takes no memory. */
function sortFew(fields: string[]): void {
  if (fields.length > FEW) {
    fields.sort();
    return;
  }
  for (let end = 1; end < fields.length; end++) {
    const field = fields[end] as string;
    let to = end;
    for (; to > 0 && (fields[to - 1] as string) > field; to--) fields[to] = fields[to - 1] as string;
    fields[to] = field;
  }
}

function quote(text: string): string {
  const known = quoted.get(text);
  if (known !== undefined) return known;
  const encoding = JSON.stringify(text);
  if (text.length <= QUOTED_LENGTH_MAX && quoted.size < QUOTED_SIZE_MAX) quoted.set(text, encoding);
  return encoding;
}

/** The first thing in `value` that is not plain, in the order of a reader. Slow, and only called when there is one. */
function findFault(value: unknown, path: string, within: readonly object[]): NotPlainError | null {
  switch (typeof value) {
    case "number":
      return Number.isSafeInteger(value) ? null : new NotPlainError(path, nameNumber(value));
    case "string":
    case "boolean":
      return null;
    case "undefined":
      return new NotPlainError(path, "undefined");
    case "function":
    case "symbol":
    case "bigint":
      return new NotPlainError(path, `a ${typeof value}`);
    case "object":
      return value === null || value instanceof Uint8Array ? null : findFaultWithin(value, path, within);
  }
}

function findFaultWithin(object: object, path: string, within: readonly object[]): NotPlainError | null {
  if (within.includes(object)) return new NotPlainError(path, "a cycle");
  const trail = [...within, object];
  if (Array.isArray(object)) {
    for (let index = 0; index < object.length; index++) {
      const fault = findFault(object[index], `${path}[${index}]`, trail);
      if (fault !== null) return fault;
    }
    return null;
  }
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    return new NotPlainError(path, `an instance of ${nameClass(prototype)}`);
  }
  for (const [field, value] of Object.entries(object)) {
    const fault = findFault(value, `${path}.${field}`, trail);
    if (fault !== null) return fault;
  }
  return null;
}

function nameNumber(value: number): string {
  return Number.isInteger(value) ? `${value}, an integer too large to be exact` : `${value}, not an integer`;
}

function nameClass(prototype: unknown): string {
  const constructor: unknown = (prototype as { constructor?: unknown }).constructor;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "an unnamed class";
}
