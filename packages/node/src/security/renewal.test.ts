import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { until } from "../peers/fixture.ts";
import { filesIn, folderWith, makeCa, makePair, tlsOf } from "./fixture.ts";
import { watchTls } from "./renewal.ts";
import type { Renewal } from "./renewal.ts";
import type { TlsIdentity } from "./tls.ts";

const ca = await makeCa();
const pair = await makePair({ ca });
const later = await makePair({ ca, name: "later" });

type Line = { readonly details: object; readonly message: string };
type Watched = {
  readonly folder: string;
  readonly renewed: TlsIdentity[];
  readonly infos: Line[];
  readonly warnings: Line[];
};

const CANT_BE_USED = "the renewed certificate can't be used, and the one before it stays in use";
const renewals: Renewal[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const renewal of renewals.splice(0)) renewal.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function watch(inUse = pair): Promise<Watched> {
  const folder = folderWith({ "cert.pem": inUse.cert, "key.pem": inUse.key, "ca.pem": ca.cert });
  folders.push(folder);
  const watched: Watched = { folder, renewed: [], infos: [], warnings: [] };
  const files = filesIn(folder);
  renewals.push(
    watchTls({
      files,
      inUse: tlsOf(inUse, ca),
      everyMs: 2,
      log: {
        info: (details, message) => void watched.infos.push({ details, message }),
        warn: (details, message) => void watched.warnings.push({ details, message }),
      },
      onRenewed: (tls) => void watched.renewed.push(tls),
    }),
  );
  return watched;
}

function write({ folder }: Watched, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

test("new files are taken once, also when they keep the times of the old ones", async () => {
  const watched = await watch();
  const long = new Date("2020-01-01");
  for (const name of ["cert.pem", "key.pem"]) utimesSync(join(watched.folder, name), long, long);
  write(watched, { "key.pem": later.key, "cert.pem": later.cert });
  for (const name of ["cert.pem", "key.pem"]) utimesSync(join(watched.folder, name), long, long);
  await until(() => watched.renewed.length > 0);
  expect(watched.renewed[0]).toMatchObject({ cert: later.cert, key: later.key, ca: ca.cert, clientCertAuth: true });
  expect(watched.infos).toMatchObject([{ message: "took a renewed certificate" }]);
  const other = await makeCa("Other CA");
  write(watched, { "ca.pem": `${ca.cert}\n${other.cert}` });
  await until(() => watched.renewed.length > 1);
  expect(watched.renewed).toMatchObject([{ ca: ca.cert }, { ca: `${ca.cert}\n${other.cert}` }]);
});

test("what is half there is not used; it is told of once, and used when it is whole", async () => {
  const watched = await watch();
  write(watched, { "cert.pem": later.cert });
  await until(() => watched.warnings.length > 0);
  const { folder } = watched;
  const reason = `The key ${folder}/key.pem does not belong to the certificate ${folder}/cert.pem: give the two that were made together.`;
  expect(watched.warnings).toEqual([{ details: { reason }, message: CANT_BE_USED }]);
  rmSync(join(folder, "key.pem"));
  await until(() => watched.warnings.length > 1);
  expect(watched.warnings[1]).toMatchObject({
    details: { reason: expect.stringContaining(`The key ${folder}/key.pem can't be read: ENOENT`) },
    message: CANT_BE_USED,
  });
  expect(watched.renewed).toEqual([]);
  write(watched, { "key.pem": later.key });
  await until(() => watched.renewed.length > 0);
  expect(watched.renewed[0]).toMatchObject({ cert: later.cert, key: later.key });
  expect(watched.warnings.filter(({ message }) => message === CANT_BE_USED)).toHaveLength(2);
});

test("a new certificate that has expired is not used, and the reason has its times", async () => {
  const watched = await watch();
  const [notBefore, notAfter] = [new Date("2020-01-01T00:00:00Z"), new Date("2020-01-02T00:00:00Z")];
  const old = await makePair({ ca, notBefore, notAfter });
  write(watched, { "key.pem": old.key, "cert.pem": old.cert });
  await until(() =>
    watched.warnings.some(({ details }) => /cert\.pem has expired on Jan {2}2/.test(JSON.stringify(details))),
  );
  expect(watched.renewed).toEqual([]);
});

test("that the certificate in use has expired is told once", async () => {
  const [notBefore, notAfter] = [new Date("2020-01-01T00:00:00Z"), new Date("2020-01-02T00:00:00Z")];
  const watched = await watch(await makePair({ ca, notBefore, notAfter }));
  await until(() => watched.warnings.length > 0);
  write(watched, { "key.pem": later.key, "cert.pem": later.cert });
  await until(() => watched.renewed.length > 0);
  const said = watched.warnings.filter(({ message }) => message !== CANT_BE_USED);
  expect(said).toEqual([
    {
      details: {
        reason: `The certificate ${watched.folder}/cert.pem has expired on Thu, 02 Jan 2020 00:00:00 GMT. Put a new one in its place.`,
      },
      message: "others refuse connections with the certificate that is in use",
    },
  ]);
});
