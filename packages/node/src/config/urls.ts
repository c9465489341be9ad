/** URLs as etcd's flags take them: a scheme, a host and a port, and nothing else. */

import { isIP } from "node:net";

/** Where to listen or to connect to. `host` has no brackets, `port` is 0 for one that the system picks. */
export type Address = { readonly host: string; readonly port: number };

/** A URL that was looked at, or what it has to be instead. */
export type UrlResult = { readonly ok: true; readonly url: string } | { readonly ok: false; readonly expected: string };

const FORM = "a URL of the form http://host:port or https://host:port";

/** `text` as one URL, in lower case and without a slash at its end. */
export function readUrl(text: string): UrlResult {
  const [, scheme, authority, path] = /^([a-z]+):\/\/([^/?#]*)(.*)$/i.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) return { ok: false, expected: FORM };
  if (!/^https?$/i.test(scheme)) return { ok: false, expected: `${FORM}, and ${scheme} is another scheme` };
  if (path !== "" && path !== "/") return { ok: false, expected: `${FORM}, with no path behind it` };
  // `URL` drops the port that is the scheme's own, so whether there is one has to be seen here.
  const [, port] = /:(\d{1,5})$/.exec(authority) ?? [];
  if (port === undefined) return { ok: false, expected: `${FORM}, and the port is missing` };
  if (Number(port) > 65_535 || !URL.canParse(text)) return { ok: false, expected: FORM };
  const { hostname, username } = new URL(text);
  if (username !== "" || authority.includes("@")) return { ok: false, expected: `${FORM}, without a user` };
  return { ok: true, url: `${scheme.toLowerCase()}://${hostname}:${Number(port)}` };
}

/** The address in a URL that `readUrl` has read. */
export function addressOf(url: string): Address {
  const [, host, port] = /^https?:\/\/(.*):(\d+)$/.exec(url) ?? [];
  if (host === undefined || port === undefined) throw new RangeError(`${url} is not of the form http://host:port.`);
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}

/** The opposite of `addressOf`. */
export function urlOf(scheme: "http" | "https", { host, port }: Address): string {
  return `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** URLs, where their port is 0 with the one that listening came to: in the same place of the list, or the first. */
export function withPorts(urls: readonly string[], addresses: readonly Address[]): readonly string[] {
  return urls.map((url, at) => {
    const { host, port } = addressOf(url);
    const bound = addresses[at] ?? addresses[0];
    return port !== 0 || bound === undefined ? url : urlOf(isHttps(url) ? "https" : "http", { host, port: bound.port });
  });
}

export function isHttps(url: string): boolean {
  return url.startsWith("https:");
}

/** Whether only this machine reaches `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Whether `host` means every address of this machine, which nobody else can connect to by that name. */
export function isUnspecified(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** Whether one can listen on `host`: names are not looked up for that, except the one that every machine has. */
export function isListenable(host: string): boolean {
  return host === "localhost" || isIP(host) !== 0;
}
