import { z } from "zod";

/** What is wrong with a manifest or a trace, on one line a fault, each with where. */
export function explainManifestError(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => `\n  ${path.join(".") || "(the whole)"}: ${message}`).join("");
  }
  return error instanceof Error ? error.message : String(error);
}
