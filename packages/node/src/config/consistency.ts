/** What flags have to say together: etcd's checks (embed/config.go, github etcd-io/etcd), and those of plain text. */

import type { FlagName, FlagValues } from "./flags.ts";
import type { NodeOptions } from "./options.ts";
import type { Label } from "./resolve.ts";
import { didYouMean } from "./suggest.ts";
import { addressOf, isHttps, isListenable, isLoopback } from "./urls.ts";

type Given = {
  readonly values: FlagValues;
  readonly options: NodeOptions;
  readonly label: Label;
  readonly protocols: readonly string[];
  readonly problems: string[];
};

/** How many heartbeats an election takes at least, so that one that is late means nothing. */
const HEARTBEATS_MIN = 5;

/** Adds to `problems` what does not fit together. */
export function checkConsistency(given: Given, purpose: "serve" | "restore"): void {
  checkProtocol(given);
  checkCluster(given);
  if (purpose === "serve") checkRunning(given);
}

function checkRunning(given: Given): void {
  checkTimes(given);
  for (const flag of ["listen-peer-urls", "listen-client-urls", "listen-metrics-urls"] as const)
    checkListen(given, flag);
  checkPorts(given);
  checkCertificate(given, CLIENT);
  checkCertificate(given, PEER);
  checkScheme(given, "listen-client-urls", given.options.listenClientUrls, CLIENT, given.options.clientTls !== null);
  checkScheme(given, "listen-peer-urls", given.options.listenPeerUrls, PEER, given.options.peerTls !== null);
  const peers = given.options.peerTls !== null;
  checkScheme(given, "initial-advertise-peer-urls", given.options.advertisePeerUrls, PEER, peers);
  const cluster = given.options.initialCluster.flatMap(({ peerUrls }) => peerUrls);
  if (given.values["initial-cluster"].length > 0) checkScheme(given, "initial-cluster", cluster, PEER, peers);
}

function checkProtocol({ options, label, protocols, problems }: Given): void {
  if (protocols.includes(options.protocol)) return;
  const near = didYouMean(options.protocol, protocols);
  problems.push(`${label("protocol")} is "${options.protocol}": it has to be one of ${protocols.join(", ")}.${near}`);
}

function checkTimes({ options, label, problems }: Given): void {
  const least = HEARTBEATS_MIN * options.heartbeatMs;
  if (options.electionMs >= least) return;
  problems.push(
    `${label("election-timeout")} is ${options.electionMs}: it has to be at least ${HEARTBEATS_MIN} times ` +
      `${label("heartbeat-interval")}, which is ${options.heartbeatMs}. Make it ${least} or more.`,
  );
}

function checkListen(
  { values, options, label, problems }: Given,
  flag: "listen-peer-urls" | "listen-client-urls" | "listen-metrics-urls",
): void {
  const isMetrics = flag === "listen-metrics-urls";
  for (const url of isMetrics ? options.listenMetricsUrls : (values[flag] ?? [])) {
    const { host } = addressOf(url);
    if (!isListenable(host)) {
      problems.push(
        `${label(flag)} has ${url}: a member listens on an IP address, or on localhost, and ${host} is a name. Give the ` +
          `address, or 0.0.0.0 for all of this machine; the name belongs to what is advertised.`,
      );
    } else if (isMetrics && isHttps(url)) {
      problems.push(`${label(flag)} has ${url}: metrics are served without TLS. Give an http URL.`);
    } else if (!isHttps(url) && !isLoopback(host) && !values["insecure-plaintext"]) {
      problems.push(
        `${label(flag)} has ${url}: other machines could reach it, and nothing would be encrypted. ` +
          (isMetrics
            ? "Listen on 127.0.0.1, or give --insecure-plaintext if the network is safe."
            : "Give an https URL and certificates, or --insecure-plaintext if the network is safe."),
      );
    }
  }
}

/** Two that listen in the same place would only find out later, and in the words of the system. */
function checkPorts({ options, label, problems }: Given): void {
  const taken = new Map<string, FlagName>();
  const places: readonly (readonly [FlagName, readonly string[]])[] = [
    ["listen-peer-urls", options.listenPeerUrls],
    ["listen-client-urls", options.listenClientUrls],
    ["listen-metrics-urls", options.listenMetricsUrls],
  ];
  for (const [flag, urls] of places) {
    for (const url of urls) {
      const { host, port } = addressOf(url);
      const place = `${host === "localhost" ? "127.0.0.1" : host}:${port}`;
      const other = taken.get(place);
      if (other === undefined || port === 0) taken.set(place, flag);
      else problems.push(`${label(flag)} and ${label(other)} both have ${place}. Give them ports of their own.`);
    }
  }
}

type Certificate = {
  readonly cert: "cert-file" | "peer-cert-file";
  readonly key: "key-file" | "peer-key-file";
  readonly ca: "trusted-ca-file" | "peer-trusted-ca-file";
  readonly auth: "client-cert-auth" | "peer-client-cert-auth";
};

const CLIENT: Certificate = { cert: "cert-file", key: "key-file", ca: "trusted-ca-file", auth: "client-cert-auth" };
const PEER: Certificate = {
  cert: "peer-cert-file",
  key: "peer-key-file",
  ca: "peer-trusted-ca-file",
  auth: "peer-client-cert-auth",
};

function checkCertificate({ values, label, problems }: Given, { cert, key, ca, auth }: Certificate): void {
  const hasCertificate = values[cert] !== null;
  if (hasCertificate && values[key] === null) problems.push(`${label(cert)} is given, and --${key} is missing.`);
  if (!hasCertificate && values[key] !== null) problems.push(`${label(key)} is given, and --${cert} is missing.`);
  const isAuto = cert === "cert-file" && values["auto-tls"];
  if (isAuto && (hasCertificate || values[key] !== null)) {
    problems.push(
      `${label("auto-tls")} makes a certificate, and ${label(hasCertificate ? cert : key)} gives one. Leave one out.`,
    );
  }
  if (values[auth] && values[ca] === null) {
    problems.push(
      `${label(auth)} asks for certificates, and --${ca} is missing, which says who has to have signed them.`,
    );
  }
  if (!hasCertificate && !isAuto && (values[ca] !== null || values[auth])) {
    problems.push(`${label(values[ca] === null ? auth : ca)} needs TLS, and --${cert} and --${key} are missing.`);
  }
  if (cert === "peer-cert-file") checkAllowedNames(values, label, problems);
}

function checkAllowedNames(values: FlagValues, label: Label, problems: string[]): void {
  const given = (["peer-cert-allowed-cn", "peer-cert-allowed-hostname"] as const).filter(
    (name) => values[name] !== null,
  );
  const [first, second] = given;
  if (first !== undefined && !values["peer-client-cert-auth"] && values["peer-trusted-ca-file"] === null) {
    problems.push(`${label(first)} needs --peer-trusted-ca-file: without it nobody shows a certificate.`);
  }
  if (first !== undefined && second !== undefined) {
    problems.push(`${label(first)} and ${label(second)} are both given. Leave one out.`);
  }
}

function checkScheme(
  { label, problems }: Given,
  flag: FlagName,
  urls: readonly string[],
  { cert, key }: Certificate,
  hasTls: boolean,
): void {
  const wrong = urls.find((url) => isHttps(url) !== hasTls);
  if (wrong === undefined) return;
  problems.push(
    hasTls
      ? `${label(flag)} has ${wrong}, and there is a certificate for TLS. Make it an https URL.`
      : `${label(flag)} has ${wrong}, and there is no certificate. Give --${cert} and --${key}, or an http URL.`,
  );
}

/** All members compute the same ids from the same list, so that this one has to be in it as others will know it. */
function checkCluster({ values, options, label, problems }: Given): void {
  const { name, initialCluster, advertisePeerUrls } = options;
  const zero = [...advertisePeerUrls, ...initialCluster.flatMap(({ peerUrls }) => peerUrls)].find(
    (url) => addressOf(url).port === 0,
  );
  if (zero !== undefined) {
    problems.push(
      `${zero} is to be advertised to other members, who can't connect to port 0. Give the port that they reach in ` +
        `--initial-advertise-peer-urls and --initial-cluster.`,
    );
    return;
  }
  if (values["initial-cluster"].length === 0) return;
  const own = initialCluster.find((member) => member.name === name);
  if (own === undefined) {
    const names = initialCluster.map((member) => member.name);
    problems.push(
      `${label("name")} is "${name}", and ${label("initial-cluster")} has no such member, but ${names.join(", ")}.` +
        `${didYouMean(name, names)}`,
    );
    return;
  }
  const isSame =
    own.peerUrls.length === advertisePeerUrls.length && own.peerUrls.every((url) => advertisePeerUrls.includes(url));
  if (isSame) return;
  problems.push(
    `${label("initial-cluster")} has ${name} at ${own.peerUrls.join(",")}, and ${label("initial-advertise-peer-urls")} is ` +
      `${advertisePeerUrls.join(",")}. They have to be the same, for every member takes them for ${name}'s id.`,
  );
}
