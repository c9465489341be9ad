/**
 * Whom a certificate belongs to. That a trusted CA has signed it does not say so yet: as in etcd, a member's has to be for
 * the host at which the member is, or to have a name that `--peer-cert-allowed-cn` or `--peer-cert-allowed-hostname` gives.
 */

import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { TlsIdentity } from "./tls.ts";

/** Of OpenSSL's codes those that tell more than that the CA is not known. */
const TRUST_REASONS: ReadonlyMap<string, string> = new Map([
  ["CERT_HAS_EXPIRED", "has expired"],
  ["CERT_NOT_YET_VALID", "is not valid yet"],
  ["CERT_REVOKED", "was revoked"],
]);

/** Why the certificate of who has connected is not trusted. Null if it is. */
export function trustFault(socket: TLSSocket): string | null {
  if (socket.authorized) return null;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return "a certificate is wanted here, and none was shown";
  const { validFrom, validTo } = certificate;
  const times = `it is valid from ${validFrom} to ${validTo}, and now is ${new Date().toUTCString()}`;
  // Declared as an error, and a code of OpenSSL's in fact.
  const code = String(socket.authorizationError);
  const reason = TRUST_REASONS.get(code) ?? `is signed by nobody who is trusted here (${code})`;
  return `the certificate of ${subjectOf(certificate)} ${reason}: ${times}`;
}

/**
 * What is wrong with the name in the certificate of the other side: whom the CA has signed may still be somebody else than
 * is allowed here. Null if nothing is.
 */
export function nameFault(socket: Socket, tls: TlsIdentity | null): string | null {
  if (tls === null || !(socket instanceof TLSSocket) || (tls.allowedCommonName ?? tls.allowedHostname) === null)
    return null;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return "a certificate is wanted here, and none was shown";
  if (tls.allowedCommonName !== null && certificate.toLegacyObject().subject.CN !== tls.allowedCommonName) {
    return `the certificate has not the common name that is allowed here: ${subjectOf(certificate)}`;
  }
  if (tls.allowedHostname !== null && certificate.checkHost(tls.allowedHostname) === undefined) {
    return `the certificate is not for the host name that is allowed here: ${namesOf(certificate)}`;
  }
  return null;
}

/**
 * What speaks against it that who has connected is the member at `urls`. Null if nothing does: its certificate is for one of
 * their hosts, or has the name that is allowed here, which `nameFault` sees to, or nobody has to show one.
 */
export function memberFault(socket: Socket, tls: TlsIdentity | null, urls: readonly string[]): string | null {
  if (tls === null || !tls.clientCertAuth || !(socket instanceof TLSSocket)) return null;
  if ((tls.allowedCommonName ?? tls.allowedHostname) !== null) return null;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return "a certificate is wanted here, and none was shown";
  const hosts = urls.filter((url) => URL.canParse(url)).map(hostOf);
  if (hosts.some((host) => isFor(certificate, host))) return null;
  return `the certificate is for ${namesOf(certificate)}, and this member is at ${hosts.join(", ")}`;
}

function isFor(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
}

/** An address of IPv6 stands in brackets in a URL, and nowhere else. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
}

function namesOf(certificate: X509Certificate): string {
  return certificate.subjectAltName ?? subjectOf(certificate);
}

function subjectOf({ subject }: X509Certificate): string {
  return subject.replaceAll("\n", ", ");
}
