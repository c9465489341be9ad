/**
 * Certificates that are renewed while they are in use. etcd reads them anew for each handshake; here the files are looked at
 * every two seconds, by their contents and not by their times, which copying may keep.
 */

import { X509Certificate } from "node:crypto";
import { identityOf, readTls, TlsError } from "./tls.ts";
import type { TlsFiles, TlsIdentity, TlsTexts } from "./tls.ts";

export type RenewalOptions = {
  readonly files: TlsFiles;
  readonly inUse: TlsIdentity;
  readonly log: { info(details: object, message: string): void; warn(details: object, message: string): void };
  readonly everyMs?: number;
  /** The files hold something else that can be used. */
  readonly onRenewed: (tls: TlsIdentity) => void;
};

export type Renewal = { stop(): void };

const EVERY_MS = 2_000;

export function watchTls({ files, inUse, log, everyMs = EVERY_MS, onRenewed }: RenewalOptions): Renewal {
  const { certFile } = files;
  let current = inUse;
  let end = endOf(inUse);
  /** What was said last of files that can't be used: it is said once. */
  let said: string | null = null;
  let hasExpired = false;
  let isStopped = false;

  const complain = (of: string, reason: string): void => {
    if (said === of) return;
    said = of;
    log.warn({ reason }, "the renewed certificate can't be used, and the one before it stays in use");
  };

  const take = (texts: TlsTexts): void => {
    const of = keyOf(texts);
    if (of === keyOf(current)) {
      said = null;
      return;
    }
    const warnings: string[] = [];
    try {
      current = identityOf(files, texts, new Date(), (warning) => warnings.push(warning));
    } catch (error) {
      // One that is not valid yet will be: it is tried again, and not complained of again.
      if (!(error instanceof TlsError)) throw error;
      complain(of, error.message);
      return;
    }
    for (const warning of warnings) log.warn({}, warning);
    [end, said, hasExpired] = [endOf(current), null, false];
    log.info({ certFile, validTo: end.toUTCString() }, "took a renewed certificate");
    onRenewed(current);
  };

  const look = async (): Promise<void> => {
    try {
      const texts = await readTls(files);
      if (!isStopped) take(texts);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isStopped) complain(reason, reason);
    }
    if (isStopped) return;
    if (!hasExpired && new Date() > end) {
      hasExpired = true;
      const reason = `The certificate ${certFile} has expired on ${end.toUTCString()}. Put a new one in its place.`;
      log.warn({ reason }, "others refuse connections with the certificate that is in use");
    }
    timer = setTimeout(() => void look(), everyMs).unref();
  };

  let timer = setTimeout(() => void look(), everyMs).unref();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

function keyOf({ cert, key, ca, crl }: Pick<TlsTexts, "cert" | "key" | "ca" | "crl">): string {
  return [cert, key, ca, crl].join("\n");
}

/** When the certificate itself ends; those of the chain last longer. */
function endOf({ cert }: TlsIdentity): Date {
  return new Date(new X509Certificate(cert).validTo);
}
