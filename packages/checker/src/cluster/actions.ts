/** The actions of a cluster: `deliver accept`, `timeout retry`, `crash` and so on, numbered as they are first met. */

import { IdMap } from "../engine/id-map.ts";
import { ABSENT } from "../engine/pair-map.ts";
import type { ActionDescription } from "../engine/system.ts";
import type { Outcomes } from "./outcomes.ts";

/** What can become of a message. */
type Fate = "deliver" | "lose" | "duplicate";

/** Who takes part, for the descriptions. */
interface Cast {
  readonly nodes: readonly string[];
  readonly clients: readonly string[];
  readonly sides: readonly (readonly string[])[];
}

export class ClusterActions {
  /** By number. */
  readonly names: string[] = [];
  readonly #ids = new Map<string, number>();
  readonly #outcomes: Outcomes;
  readonly #cast: Cast;
  /** By fate: message to action. */
  readonly #messages: { readonly [F in Fate]: IdMap } = {
    deliver: new IdMap(),
    lose: new IdMap(),
    duplicate: new IdMap(),
  };
  readonly #requests = new IdMap();

  constructor(outcomes: Outcomes, cast: Cast) {
    this.#outcomes = outcomes;
    this.#cast = cast;
  }

  /** The action called `name`. */
  named(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.names.push(name) - 1;
    this.#ids.set(name, id);
    return id;
  }

  /** What happens to a message, by its type. */
  message(fate: Fate, envelope: number): number {
    const known = this.#messages[fate].get(envelope);
    return known === ABSENT ? this.#meet(fate, envelope) : known;
  }

  #meet(fate: Fate, envelope: number): number {
    const action = this.named(`${fate} ${this.#outcomes.envelopes.value(envelope).message.type}`);
    this.#messages[fate].set(envelope, action);
    return action;
  }

  /** A client's request, by its type. */
  request(request: number): number {
    const known = this.#requests.get(request);
    if (known !== ABSENT) return known;
    const happening = this.#outcomes.happenings.value(request);
    const action = this.named(happening.type === "request" ? `request ${happening.request.type}` : happening.type);
    this.#requests.set(request, action);
    return action;
  }

  /** The detail of something that happens to a node. */
  detailOf(happening: number, node: number): number {
    return happening * this.#cast.nodes.length + node;
  }

  /** The detail of a client's request to a node. */
  detailOfRequest(request: number, node: number, client: number): number {
    return this.detailOf(request, node) * this.#cast.clients.length + client;
  }

  describe(action: number, detail: number): ActionDescription {
    const { nodes, clients, sides } = this.#cast;
    const name = this.names[action] ?? "start";
    switch (name.split(" ", 1).join()) {
      case "deliver":
      case "duplicate":
      case "lose":
        return { name, details: { ...this.#outcomes.envelopes.value(detail) } };
      case "partition":
        return { name, details: { side: sides[detail] ?? [] } };
      case "heal":
      case "start":
        return { name, details: {} };
      case "request": {
        const client = clients[detail % clients.length] ?? "";
        const asked = Math.floor(detail / clients.length);
        const happening = this.#outcomes.happenings.value(Math.floor(asked / nodes.length));
        const node = nodes[asked % nodes.length] ?? "";
        return { name, details: { client, node, request: happening.type === "request" ? happening.request : null } };
      }
      default:
        return { name, details: { node: nodes[detail % nodes.length] ?? "" } };
    }
  }
}
