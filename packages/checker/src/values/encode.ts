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
  /** What stood there: "a function", "NaN", "a Map" and so on. */
  readonly found: string;

  constructor(path: string, found: string) {
    super(`${path === "" ? "the value" : path} is ${found}; plain data is null, booleans, integers, strings, byte strings, arrays and records`);
    this.path = path;
    this.found = found;
  }
}

/**
 * The canonical encoding of `value`.
 *
 * @throws NotPlainError naming the path to the first thing that is not plain
 */
export function encode(value: unknown): string {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value === 0 ? "0" : String(value);
  if (typeof value === "string") return JSON.stringify(value);
  return encodeAny(value, []);
}

/** The objects from the root down to the one that is being encoded, with the step taken in each. */
type Trail = { readonly within: object; step: string }[];

function encodeAny(value: unknown, trail: Trail): string {
  switch (typeof value) {
    case "number":
      if (!Number.isSafeInteger(value)) throw new NotPlainError(pathOf(trail), nameNumber(value));
      return value === 0 ? "0" : String(value);
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : encodeObject(value, trail);
    case "undefined":
      throw new NotPlainError(pathOf(trail), "undefined");
    case "function":
    case "symbol":
    case "bigint":
      throw new NotPlainError(pathOf(trail), `a ${typeof value}`);
  }
}

function encodeObject(object: object, trail: Trail): string {
  if (object instanceof Uint8Array) return `#${Buffer.from(object.buffer, object.byteOffset, object.length).toString("hex")}`;
  if (trail.some(({ within }) => within === object)) throw new NotPlainError(pathOf(trail), "a cycle");
  const here = { within: object, step: "" };
  trail.push(here);
  const encoded = Array.isArray(object) ? encodeArray(object, here, trail) : encodeRecord(object, here, trail);
  trail.pop();
  return encoded;
}

function encodeArray(array: readonly unknown[], here: Trail[number], trail: Trail): string {
  let encoded = "[";
  for (let index = 0; index < array.length; index++) {
    here.step = `[${index}]`;
    if (index > 0) encoded += ",";
    encoded += encodeAny(array[index], trail);
  }
  const extra = Object.keys(array).length > array.length;
  if (extra) throw new NotPlainError(pathOf(trail.slice(0, -1)), "an array with fields of its own");
  return `${encoded}]`;
}

function encodeRecord(record: object, here: Trail[number], trail: Trail): string {
  const prototype: unknown = Object.getPrototypeOf(record);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotPlainError(pathOf(trail.slice(0, -1)), `an instance of ${nameClass(prototype)}`);
  }
  if (Object.getOwnPropertySymbols(record).length > 0) {
    throw new NotPlainError(pathOf(trail.slice(0, -1)), "a record with a symbol for a field");
  }
  let encoded = "{";
  for (const [field, value] of Object.entries(record).sort(byField)) {
    here.step = `.${field}`;
    if (encoded.length > 1) encoded += ",";
    encoded += `${JSON.stringify(field)}:${encodeAny(value, trail)}`;
  }
  return `${encoded}}`;
}

function byField([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function pathOf(trail: Trail): string {
  return trail.map(({ step }) => step).join("");
}

function nameNumber(value: number): string {
  return Number.isInteger(value) ? `${value}, an integer too large to be exact` : `${value}, not an integer`;
}

function nameClass(prototype: unknown): string {
  const constructor: unknown = (prototype as { constructor?: unknown }).constructor;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "an unnamed class";
}
