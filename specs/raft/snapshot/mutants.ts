import { mutants } from "@quorate/checker";
import { guardMutants } from "./guards.ts";

const installSnapshot = "../../../packages/core/src/raft/install-snapshot.ts";
const isOld = `  if (index <= commitIndex) return answer(config, state, from, message, { type: "matched", matchIndex: commitIndex });
`;
const isWithinLog = `  // Where the log has the snapshot's last entry it has the others, and keeps what follows: Figure 13, rule 6.
  if (holds(state.durable, index, term)) {
    return andThen(commitTo(state, index), (next) =>
      answer(config, next, from, message, { type: "matched", matchIndex: index }),
    );
  }
`;

export default mutants([
  {
    id: "19",
    about: "A snapshot that ends within the log takes away what comes after it, though that has been acknowledged.",
    source: "hashicorp/raft#697; Ongaro and Ousterhout 2014, Figure 13, rule 6",
    file: installSnapshot,
    find: isWithinLog,
    replace: "",
    parameters: { earlier: "log", commands: 1, heartbeats: 1, compactThrough: 2, chunks: 1 },
    property: "committedIsDurable",
  },
  {
    id: "19-delivered",
    about: "A snapshot of what has been delivered long since is installed once more.",
    source: "hashicorp/raft#697; Ongaro and Ousterhout 2014, section 7: a retransmission is an old snapshot",
    file: installSnapshot,
    find: isOld + isWithinLog,
    replace: "",
    parameters: { earlier: "snapshot", down: true, duplications: 1, chunks: 1 },
    property: "commitIndexMonotonic",
  },
  {
    id: "unrestored",
    about: "A snapshot is installed, and the state machine is not told.",
    source: "Ongaro and Ousterhout 2014, Figure 13, rule 8",
    file: installSnapshot,
    find: `effects: [restore, ...readablesUpTo(state, index)]`,
    replace: `effects: [...readablesUpTo(state, index)]`,
    parameters: { earlier: "snapshot", down: true },
    property: "machinesAgree",
  },
  {
    id: "mixed-chunks",
    about: "Chunks of one snapshot are put together with those of another.",
    source: "Ongaro and Ousterhout 2014, Figure 13, rule 5: a partial snapshot with a smaller index is discarded",
    file: installSnapshot,
    find: `return role.incoming.index === index && role.incoming.term === term ? role.incoming.chunks : [];`,
    replace: `return role.incoming.chunks;`,
    parameters: { earlier: "snapshot", heartbeats: 1, compactThrough: 4 },
    property: "snapshotsWhole",
  },
  ...guardMutants,
]);
