/** Certificates of whole nodes are renewed while they run. */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { filesIn, folderWith, makeCa, makePair } from "./security/fixture.ts";
import type { Pair } from "./security/fixture.ts";
import { put } from "./store/testing/requests.ts";
import { LocalCluster } from "./testing/local-cluster.ts";

let cluster: LocalCluster;
const folders: string[] = [];
afterEach(async () => {
  await cluster.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** The name in the certificate that is shown at a port, to one that has `pair`. */
function shownAt(port: number, pair: Pair): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ...pair, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.subject ?? "none");
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("a cluster goes over to another CA, one file after the other, and never loses a connection or a write", async () => {
  const [before, after] = await Promise.all([makeCa("Before"), makeCa("After")]);
  const [old, renewed] = await Promise.all([
    makePair({ ca: before, name: "old" }),
    makePair({ ca: after, name: "renewed" }),
  ]);
  const folder = folderWith({ "cert.pem": old.cert, "key.pem": old.key, "ca.pem": before.cert });
  folders.push(folder);
  const files = filesIn(folder, { clientCertAuth: true });
  cluster = await LocalCluster.start(3, { peerTls: files, clientTls: files });
  const leader = await cluster.leader();
  const { member } = cluster.node(leader);
  const ports = cluster.names.flatMap((name) => {
    const { peerAddresses, clientAddresses } = cluster.node(name);
    return [...peerAddresses, ...clientAddresses].map(({ port }) => port);
  });
  const renew = async (taken: number, changed: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(changed)) writeFileSync(join(folder, name), text);
    await cluster.until("all have renewed what they show and whom they trust", () => {
      return cluster.log.filter((line) => line.includes("took a renewed certificate")).length >= taken * ports.length;
    });
    await member.propose(put("key", `${taken}`));
  };
  await renew(1, { "ca.pem": `${before.cert}\n${after.cert}` });
  await renew(2, { "key.pem": renewed.key, "cert.pem": renewed.cert });
  await renew(3, { "ca.pem": after.cert });
  for (const port of ports) expect(await shownAt(port, renewed)).toBe("CN=renewed");
  expect(cluster.log.filter((line) => line.includes("lost the connection"))).toEqual([]);
  // Who starts again has to make its connections anew, with what is there now.
  const away = cluster.names.find((name) => name !== leader) ?? "";
  await cluster.stop(away);
  await cluster.run(away);
  await cluster.node(away).member.linearize();
  expect(cluster.node(away).member.leader).not.toBeNull();
});
