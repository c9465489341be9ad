/**
 * Certificates and keys, read and looked at before anything depends on them. As etcd's flags have it: who gives a trusted
 * CA wants the certificates of the other side verified by it, in both directions.
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { ConnectionOptions, TlsOptions as NodeTlsOptions } from "node:tls";

export type TlsFiles = {
  readonly certFile: string;
  readonly keyFile: string;
  /** Who has to have signed the other side's certificates. Null for those that the system trusts. */
  readonly trustedCaFile: string | null;
  /** Whether who connects has to show a certificate. A trusted CA asks for that as well. */
  readonly clientCertAuth: boolean;
  /** The common name that the certificate of who connects has to have. */
  readonly allowedCommonName: string | null;
  /** The host name that it has to be valid for. */
  readonly allowedHostname: string | null;
  /** Certificates that were revoked. */
  readonly crlFile?: string | null;
};

/** What is shown to the other side, and whom to trust. Texts are in PEM. */
export type TlsIdentity = {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | null;
  readonly crl: string | null;
  readonly clientCertAuth: boolean;
  readonly allowedCommonName: string | null;
  readonly allowedHostname: string | null;
  /** Everybody makes a certificate alone, as with --auto-tls: connections are secret, and nobody knows with whom. */
  readonly isSelfSigned: boolean;
};

/** A certificate or a key that can't be used. The message names the file, and says how to mend it. */
export class TlsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TlsError";
  }
}

/** What the files hold. */
export type TlsTexts = Pick<TlsIdentity, "cert" | "key" | "ca" | "crl"> & {
  /** Who may read the key's file, as `chmod` has it. */
  readonly keyMode: number;
};

/**
 * Reads the files, and sees whether they fit together and are valid at `now`.
 *
 * @throws TlsError (by rejection) if not
 */
export async function loadTls(files: TlsFiles, now: Date, warn: (message: string) => void): Promise<TlsIdentity> {
  return identityOf(files, await readTls(files), now, warn);
}

/** @throws TlsError (by rejection) if a file can't be read, or is not in PEM */
export async function readTls({ certFile, keyFile, trustedCaFile, crlFile }: TlsFiles): Promise<TlsTexts> {
  return {
    cert: await readPem(certFile, "certificate"),
    key: await readPem(keyFile, "key"),
    ca: trustedCaFile === null ? null : await readPem(trustedCaFile, "trusted CA"),
    crl: crlFile === undefined || crlFile === null ? null : await readPem(crlFile, "list of revoked certificates"),
    keyMode: (await stat(keyFile)).mode & 0o777,
  };
}

/**
 * Sees whether what the files hold fits together and is valid at `now`.
 *
 * @throws TlsError if not
 */
export function identityOf(
  files: TlsFiles,
  { cert, key, ca, crl, keyMode }: TlsTexts,
  now: Date,
  warn: (message: string) => void,
): TlsIdentity {
  const { certFile, keyFile, trustedCaFile, crlFile, allowedCommonName, allowedHostname } = files;
  const [certificate, ...chain] = certificatesOf(certFile, cert);
  if (certificate === undefined) throw new TlsError(`${certFile} holds no certificate.`);
  for (const each of [certificate, ...chain]) {
    const fault = validityFault(each, now);
    if (fault !== null) throw new TlsError(`The certificate ${certFile} ${fault}`);
  }
  if (!certificate.checkPrivateKey(privateKeyOf(keyFile, key))) {
    throw new TlsError(
      `The key ${keyFile} does not belong to the certificate ${certFile}: give the two that were made together.`,
    );
  }
  if ((keyMode & 0o077) !== 0) {
    warn(`The key ${keyFile} can be read by others, its mode is ${keyMode.toString(8)}: chmod 600 mends that.`);
  }
  if (trustedCaFile !== null && ca !== null) checkTrustedCa(trustedCaFile, ca, now, warn);
  const tls: TlsIdentity = {
    cert,
    key,
    ca,
    crl,
    clientCertAuth: files.clientCertAuth || trustedCaFile !== null,
    allowedCommonName,
    allowedHostname,
    isSelfSigned: false,
  };
  try {
    createSecureContext(contextOf(tls));
  } catch (error) {
    throw new TlsError(
      `${[certFile, keyFile, trustedCaFile, crlFile].filter(Boolean).join(", ")}: ${reasonOf(error)}.`,
    );
  }
  return tls;
}

/** A bundle of CAs may hold old ones, if only one of them is good. */
function checkTrustedCa(file: string, pem: string, now: Date, warn: (message: string) => void): void {
  const faults = certificatesOf(file, pem).map((certificate) => validityFault(certificate, now));
  const [first] = faults.filter((fault) => fault !== null);
  if (first !== undefined && faults.every((fault) => fault !== null)) {
    throw new TlsError(`The trusted CA ${file} ${first}`);
  }
  for (const fault of faults) if (fault !== null) warn(`One of the trusted CAs in ${file} ${fault}`);
}

async function readPem(file: string, what: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new TlsError(`The ${what} ${file} can't be read: ${reasonOf(error)}.`);
  }
  if (text.includes("-----BEGIN ")) return text;
  throw new TlsError(`The ${what} ${file} is not in PEM: it has no line "-----BEGIN ...". openssl converts it.`);
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificatesOf(file: string, pem: string): readonly X509Certificate[] {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw new TlsError(`${file} holds no certificate, though something else in PEM.`);
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new TlsError(`Certificate ${index + 1} in ${file} can't be read: ${reasonOf(error)}.`);
    }
  });
}

function privateKeyOf(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new TlsError(
      `${file} holds no private key, or one with a passphrase, which can't be given: ${reasonOf(error)}.`,
    );
  }
}

function validityFault({ validFrom, validTo }: X509Certificate, now: Date): string | null {
  if (now > new Date(validTo)) return `has expired on ${validTo}; now is ${now.toUTCString()}. Have a new one made.`;
  if (now >= new Date(validFrom)) return null;
  return `is valid from ${validFrom} on; now is ${now.toUTCString()}. Look to the machine's clock, or wait.`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type ContextOptions = Pick<ConnectionOptions, "cert" | "key" | "ca" | "crl" | "minVersion">;

function contextOf({ cert, key, ca, crl }: TlsIdentity): ContextOptions {
  return {
    cert,
    key,
    ...(ca === null ? {} : { ca: [ca] }),
    ...(crl === null ? {} : { crl: [crl] }),
    minVersion: "TLSv1.2",
  };
}

/** For `tls.createServer` and `setSecureContext`. */
export function serverOptions(tls: TlsIdentity): NodeTlsOptions {
  return { ...contextOf(tls), requestCert: tls.clientCertAuth, rejectUnauthorized: tls.clientCertAuth };
}

/** For `tls.connect`. */
export function clientOptions(tls: TlsIdentity): ConnectionOptions {
  return { ...contextOf(tls), rejectUnauthorized: !tls.isSelfSigned };
}
