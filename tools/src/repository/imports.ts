import { parseSync } from "oxc-parser";

/** One place where a module names another one. */
type Import = {
  readonly specifier: string;
  /** Counted from one. */
  readonly line: number;
};

const lineAt = (source: string, offset: number): number => source.slice(0, offset).split("\n").length;

/** What a module imports, or why it cannot be read. */
type ImportsOf =
  | { readonly type: "read"; readonly imports: readonly Import[] }
  | { readonly type: "unreadable"; readonly line: number; readonly message: string };

/**
 * Every import, type import, re-export and dynamic import of a module, in no particular order. A dynamic import of
 * something that is not a plain string is left out: it loads what the user named.
 */
export function importsOf(file: string, source: string): ImportsOf {
  const { module, errors } = parseSync(file, source);
  const [error] = errors;
  if (error !== undefined) {
    return { type: "unreadable", line: lineAt(source, error.labels[0]?.start ?? 0), message: error.message };
  }

  const found: Import[] = [];
  const add = (specifier: string, offset: number): void => {
    found.push({ specifier, line: lineAt(source, offset) });
  };
  for (const { moduleRequest } of module.staticImports) add(moduleRequest.value, moduleRequest.start);
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) if (moduleRequest !== null) add(moduleRequest.value, moduleRequest.start);
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^(["'`])(.*)\1$/s.exec(source.slice(moduleRequest.start, moduleRequest.end))?.[2];
    if (literal !== undefined) add(literal, moduleRequest.start);
  }
  return { type: "read", imports: found };
}
