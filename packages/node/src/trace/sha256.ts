import { hash } from "node:crypto";

/** The hash that traces are written with: the first 96 bits of SHA-256, in base64url. */
export function sha256(content: string | Uint8Array): string {
  return hash("sha256", content, "base64url").slice(0, 16);
}
