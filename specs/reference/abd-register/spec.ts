import { integer, spec } from "@quorate/checker";
import { registerCluster } from "../register/workload.ts";
import { abdServer } from "./server.ts";

export default spec({
  about: "The register of Attiya, Bar-Noy and Dolev, which a majority of servers keeps.",
  parameters: {
    servers: integer("servers", { min: 1, max: 5, default: 2 }),
    clients: integer("clients that write once and then read once", { min: 1, max: 4, default: 2 }),
  },
  build: ({ servers, clients }) => registerCluster({ server: abdServer, servers, clients }),
});
