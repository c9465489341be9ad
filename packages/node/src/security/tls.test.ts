import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { filesIn, folderWith, makeCa, makePair } from "./fixture.ts";
import { loadTls, TlsError } from "./tls.ts";
import type { TlsFiles } from "./tls.ts";

const ca = await makeCa();
const pair = await makePair({ ca });
const HOUR_MS = 60 * 60 * 1000;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder with a good set of files, and what a test makes of it. */
function setUp(changed: Readonly<Record<string, string>> = {}): string {
  const folder = folderWith({ "cert.pem": pair.cert, "key.pem": pair.key, "ca.pem": ca.cert, ...changed });
  folders.push(folder);
  return folder;
}

async function load(folder: string, more: Partial<TlsFiles> = {}, now = new Date()): Promise<readonly string[]> {
  const warnings: string[] = [];
  await loadTls(filesIn(folder, more), now, (warning) => warnings.push(warning));
  return warnings;
}

test("good files are taken, and a trusted CA asks for certificates", async () => {
  const folder = setUp();
  const tls = await loadTls(filesIn(folder), new Date(), (warning) => {
    throw new Error(warning);
  });
  expect(tls).toMatchObject({ cert: pair.cert, key: pair.key, ca: ca.cert, clientCertAuth: true, isSelfSigned: false });
  const open = await loadTls(filesIn(folder, { trustedCaFile: null }), new Date(), () => undefined);
  expect(open.clientCertAuth).toBe(false);
});

test.each([
  ["a certificate that is missing", "certFile", "The certificate /nowhere/file can't be read: ENOENT"],
  ["a key that is missing", "keyFile", "The key /nowhere/file can't be read: ENOENT"],
  ["a CA that is missing", "trustedCaFile", "The trusted CA /nowhere/file can't be read: ENOENT"],
  ["a list of revocations that is missing", "crlFile", "The list of revoked certificates /nowhere/file can't be read"],
])("%s is named", async (_, field, text) => {
  const folder = setUp();
  await expect(load(folder, { [field]: "/nowhere/file" })).rejects.toThrow(text);
  await expect(load(folder, { [field]: "/nowhere/file" })).rejects.toThrow(TlsError);
});

test.each<[string, Record<string, string>, string]>([
  ["a certificate that is not PEM", { "cert.pem": "0\x82binary" }, "cert.pem is not in PEM"],
  ["a key in the certificate's place", { "cert.pem": pair.key }, "cert.pem holds no certificate"],
  ["a damaged certificate", { "cert.pem": pair.cert.replace(/\n[^-]{8}/, "\nAAAAAAAA") }, "Certificate 1 in "],
  ["a certificate in the key's place", { "key.pem": pair.cert }, "key.pem holds no private key"],
  ["a CA that is none", { "ca.pem": pair.key }, "ca.pem holds no certificate"],
])("%s is named", async (_, changed, text) => {
  await expect(load(setUp(changed))).rejects.toThrow(text);
});

test("a key that belongs to another certificate is named", async () => {
  const other = await makePair({ ca });
  const folder = setUp({ "key.pem": other.key });
  await expect(load(folder)).rejects.toThrow(
    `The key ${folder}/key.pem does not belong to the certificate ${folder}/cert.pem`,
  );
});

test("times are named with their dates", async () => {
  const [notBefore, notAfter] = [new Date("2020-01-01T00:00:00Z"), new Date("2020-01-02T00:00:00Z")];
  const old = await makePair({ ca, notBefore, notAfter });
  const folder = setUp({ "cert.pem": old.cert, "key.pem": old.key });
  const justBefore = new Date(notBefore.getTime() - HOUR_MS);
  await expect(load(folder)).rejects.toThrow(/cert\.pem has expired on Jan {2}2 00:00:00 2020 GMT; now is /);
  await expect(load(folder, {}, justBefore)).rejects.toThrow(
    /cert\.pem is valid from Jan {2}1 00:00:00 2020 GMT on; now is /,
  );
  expect(await load(folder, { trustedCaFile: null }, new Date(notBefore.getTime() + HOUR_MS))).toEqual([]);
});

test("one good CA among old ones is enough, and the old ones are mentioned", async () => {
  const old = await makePair({ notBefore: new Date("2020-01-01"), notAfter: new Date("2020-01-02") });
  expect(await load(setUp({ "ca.pem": `${old.cert}\n${ca.cert}` }))).toEqual([
    expect.stringContaining("has expired on Jan"),
  ]);
  await expect(load(setUp({ "ca.pem": old.cert }))).rejects.toThrow(/The trusted CA .*ca\.pem has expired/);
});

test("a key that others can read is worth a warning", async () => {
  const folder = setUp();
  chmodSync(join(folder, "key.pem"), 0o644);
  expect(await load(folder)).toEqual([expect.stringContaining("its mode is 644: chmod 600 mends that")]);
});

test("a list of revocations that is none is named", async () => {
  const folder = setUp();
  writeFileSync(join(folder, "crl.pem"), ca.cert);
  await expect(load(folder, { crlFile: join(folder, "crl.pem") })).rejects.toThrow("crl.pem");
});
