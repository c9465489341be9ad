import { mutants } from "@quorate/checker";
import { guardMutants } from "./guards.ts";

const sessions = "../../../packages/core/src/state-machine/sessions.ts";

export default mutants([
  {
    id: "42",
    about: "A command that was sent again, and so stands in the log twice, is applied twice.",
    source: "Ongaro and Ousterhout 2014, section 8; Ongaro 2014, section 6.3; etcd#14890",
    file: sessions,
    find: `  if (known !== undefined) return { state: used(before, session), result: { type: "returned", result: known.result } };\n`,
    replace: ``,
    parameters: {},
    property: "exactlyOnce",
  },
  {
    id: "42-history",
    about: "The same, told by another client of the session, whose word finds itself in a place too high.",
    source: "Ongaro and Ousterhout 2014, section 8; Ongaro 2014, section 6.3",
    file: sessions,
    find: `  if (known !== undefined) return { state: used(before, session), result: { type: "returned", result: known.result } };\n`,
    replace: ``,
    parameters: { nodes: 1, elections: 0, commands: 2 },
    property: "linearizability",
  },
  {
    id: "42-acknowledged",
    about: "A late copy of a command whose result was acknowledged, and so forgotten, is applied again.",
    source: "Ongaro 2014, section 6.3",
    file: sessions,
    find: `  if (sequence < session.acknowledged) return { state: used(before, session), result: { type: "acknowledged" } };\n`,
    replace: ``,
    parameters: { begin: "answered" },
    property: "exactlyOnce",
  },
  {
    id: "42-expired",
    about: "A command of a session that has expired opens the session again, and is applied though it was before.",
    source: "Ongaro 2014, section 6.3: what to do about clients whose sessions have expired",
    file: sessions,
    find: `const found = before.sessions.find(({ session }) => session === name);`,
    replace: `const found = before.sessions.find(({ session }) => session === name) ?? {
    session: name,
    acknowledged: 0,
    results: [],
  };`,
    parameters: { elections: 0, rivals: 1, sessionsMax: 1, nodes: 1 },
    property: "exactlyOnce",
  },
  {
    id: "42-snapshot",
    about: "A snapshot leaves the sessions out, and a node that starts from it applies copies again.",
    source: "Ongaro 2014, section 6.3: sessions are part of the replicated state",
    file: sessions,
    find: `[...toSessionChunks(state.sessions), ...machine.toChunks(state.machine)]`,
    replace: `[...toSessionChunks(state.sessions.map((open) => ({ ...open, results: [] }))), ...machine.toChunks(state.machine)]`,
    parameters: { nodes: 1, begin: "nothing", elections: 2, snapshots: 1, crashes: 1 },
    property: "exactlyOnce",
  },
  {
    id: "42-replicas",
    about: "The same, seen before any copy comes: a node that starts from its snapshot knows less than the others.",
    source: "Ongaro 2014, section 6.3: sessions are part of the replicated state",
    file: sessions,
    find: `[...toSessionChunks(state.sessions), ...machine.toChunks(state.machine)]`,
    replace: `[...toSessionChunks(state.sessions.map((open) => ({ ...open, results: [] }))), ...machine.toChunks(state.machine)]`,
    parameters: { nodes: 2, begin: "nothing", elections: 1, snapshots: 1, crashes: 1, retries: 0 },
    property: "replicasAgree",
  },
  ...guardMutants,
]);
