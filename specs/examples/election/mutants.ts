import { mutants } from "@quorate/checker";

export default mutants([
  {
    id: "forgotten-vote",
    about: "A node that starts again has forgotten its vote.",
    source: "the example of the project's README.md, which begins with this bug",
    file: "spec.ts",
    find: `start: (_self, durable) => ({ state: { durable, volatile`,
    replace: `start: () => ({ state: { durable: { votedFor: null }, volatile`,
    parameters: {},
    property: "electionSafety",
  },
]);
