import { integer, spec } from "@quorate/checker";
import { registerCluster } from "../register/workload.ts";
import { paxosServer } from "./server.ts";

export default spec({
  about: "A register that single-decree Paxos makes of three servers: the first value written stays.",
  parameters: { clients: integer("clients that write once and then read once", { min: 1, max: 4, default: 2 }) },
  build: ({ clients }) => registerCluster({ server: paxosServer, servers: 3, clients }),
});
