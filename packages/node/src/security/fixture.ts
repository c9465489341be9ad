/** Certificates for tests: a CA, and what it signs. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import type { TlsFiles, TlsIdentity } from "./tls.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export type Pair = { readonly cert: string; readonly key: string };

export type Wishes = {
  readonly name?: string;
  readonly ca?: Pair;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Besides 127.0.0.1 and localhost. */
  readonly host?: string;
  /** Instead of all these. */
  readonly onlyHost?: string;
};

export async function makeCa(name = "Test CA"): Promise<Pair> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert, key };
}

export async function makePair({
  name = "member",
  ca,
  notBefore,
  notAfter,
  host,
  onlyHost,
}: Wishes = {}): Promise<Pair> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: notBefore ?? new Date(Date.now() - DAY_MS),
    notAfterDate: notAfter ?? new Date(Date.now() + DAY_MS),
    ...(ca === undefined ? {} : { ca }),
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      {
        name: "subjectAltName",
        altNames:
          onlyHost === undefined
            ? [
                { type: 2, value: "localhost" },
                { type: 7, ip: "127.0.0.1" },
                ...(host === undefined ? [] : [{ type: 2 as const, value: host }]),
              ]
            : [{ type: 2, value: onlyHost }],
      },
    ],
  });
  return { cert, key };
}

/** Files in a folder of their own, which the caller removes. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "quorate-tls-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  return folder;
}

export function filesIn(folder: string, more: Partial<TlsFiles> = {}): TlsFiles {
  return {
    certFile: join(folder, "cert.pem"),
    keyFile: join(folder, "key.pem"),
    trustedCaFile: join(folder, "ca.pem"),
    clientCertAuth: false,
    allowedCommonName: null,
    allowedHostname: null,
    ...more,
  };
}

/** What `loadTls` would give, without files. */
export function tlsOf({ cert, key }: Pair, ca: Pair | null, more: Partial<TlsIdentity> = {}): TlsIdentity {
  return {
    cert,
    key,
    ca: ca?.cert ?? null,
    crl: null,
    clientCertAuth: ca !== null,
    allowedCommonName: null,
    allowedHostname: null,
    isSelfSigned: false,
    ...more,
  };
}
