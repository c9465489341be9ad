/** Certificates and keys, read and looked at before anything depends on them. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

export type TlsFiles = {
  readonly certFile: string;
  readonly keyFile: string;
  /** Who has to have signed the other side's certificates. Null for those that the system trusts. */
  readonly trustedCaFile: string | null;
  /** Whether the other side has to show a certificate. */
  readonly clientCertAuth: boolean;
  /** The common name that the other side's certificate has to have, or null for any. */
  readonly allowedCommonName: string | null;
};

/** What a server or a client shows, and whom it trusts. */
export type TlsIdentity = {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | null;
  readonly clientCertAuth: boolean;
  readonly allowedCommonName: string | null;
};

/** A certificate or a key that can't be used. The message names the file, and says how to mend it. */
export class TlsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TlsError";
  }
}

/**
 * Reads the files, and sees whether they fit together and are valid at `now`.
 *
 * @throws TlsError if not
 */
export function loadTls(files: TlsFiles, now: Date, warn: (message: string) => void): TlsIdentity {
  const cert = readPem(files.certFile, "certificate");
  const key = readPem(files.keyFile, "key");
  const certificate = parseCertificate(files.certFile, cert);
  demandValid(files.certFile, certificate, now);
  let privateKey: ReturnType<typeof createPrivateKey>;
  try {
    privateKey = createPrivateKey(key);
  } catch (error) {
    throw new TlsError(`${files.keyFile} holds no private key in PEM without a passphrase: ${reasonOf(error)}.`);
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new TlsError(
      `The key in ${files.keyFile} does not belong to the certificate in ${files.certFile}. Give the pair that was made together.`,
    );
  }
  if ((statSync(files.keyFile).mode & 0o077) !== 0) {
    warn(`${files.keyFile} can be read by others than its owner. chmod 600 mends it.`);
  }
  const ca = files.trustedCaFile === null ? null : readPem(files.trustedCaFile, "CA certificate");
  if (ca !== null && files.trustedCaFile !== null)
    demandValid(files.trustedCaFile, parseCertificate(files.trustedCaFile, ca), now);
  return { cert, key, ca, clientCertAuth: files.clientCertAuth, allowedCommonName: files.allowedCommonName };
}

function readPem(file: string, what: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new TlsError(`The ${what} ${file} can't be read: ${reasonOf(error)}.`);
  }
  if (!text.includes("-----BEGIN ")) throw new TlsError(`The ${what} ${file} is not in PEM: it has no "-----BEGIN".`);
  return text;
}

function parseCertificate(file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new TlsError(`${file} holds no certificate: ${reasonOf(error)}.`);
  }
}

function demandValid(file: string, { validFrom, validTo }: X509Certificate, now: Date): void {
  if (now > new Date(validTo))
    throw new TlsError(`The certificate ${file} has expired on ${validTo}. Have a new one made.`);
  if (now < new Date(validFrom)) {
    throw new TlsError(
      `The certificate ${file} is valid from ${validFrom} on only. See to the machine's clock, or wait.`,
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
