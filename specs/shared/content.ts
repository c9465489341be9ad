/** What a long run remembers of values in their place. */

import { hash } from "node:crypto";
import { digester } from "@quorate/core/trace";
import type { Digester } from "@quorate/core/trace";

/** Digests for one run: 96 bits of SHA-256 each. */
export function contentDigester(): Digester["digest"] {
  return digester((content) => hash("sha256", content, "base64url").slice(0, 16)).digest;
}
