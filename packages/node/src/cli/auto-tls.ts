/** The certificate of `--auto-tls`: signed by itself, made once, kept in the data directory. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { dirname } from "node:path";
import { generate } from "selfsigned";
import type { NodeOptions } from "../config/options.ts";
import { addressOf } from "../config/urls.ts";

const DAYS = 365;

/** Makes the certificate, unless it is there. Says whether it did. */
export async function makeCertificate({
  clientTls,
  listenClientUrls,
  advertiseClientUrls,
  name,
}: NodeOptions): Promise<boolean> {
  if (clientTls === null || (existsSync(clientTls.certFile) && existsSync(clientTls.keyFile))) return false;
  const hosts = new Set([...listenClientUrls, ...advertiseClientUrls].map((url) => addressOf(url).host));
  const altNames = [...hosts, "localhost", "127.0.0.1"].map((host) =>
    isIP(host) === 0 ? { type: 2 as const, value: host } : { type: 7 as const, ip: host },
  );
  const notAfterDate = new Date(Date.now() + DAYS * 86_400_000);
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate,
    extensions: [{ name: "subjectAltName", altNames }],
  });
  mkdirSync(dirname(clientTls.certFile), { recursive: true, mode: 0o700 });
  writeFileSync(clientTls.certFile, cert, { mode: 0o644 });
  writeFileSync(clientTls.keyFile, key, { mode: 0o600 });
  return true;
}
