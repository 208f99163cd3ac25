// `stats admin { if | unless } <cond>`: who may act on the page. Conditions see the client's
// connection and the state of the balancer; of HTTP there is nothing in them.
import type { Endpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import type { Proxy } from "../config/model/proxy.ts";
import type { AclDefinition } from "../rules/ast.ts";
import {
  type CompiledCondition,
  compileCondition,
  type ReadPatternFile,
} from "../rules/compile.ts";
import type { PayloadView, RuleContext } from "../rules/context.ts";
import type { TlsFacts } from "../session/mover.ts";
import type { World } from "../session/world.ts";

/** A client of a page. */
export interface PageClient {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly tls: TlsFacts | undefined;
}

/** Nothing is read from a page's client for rules, and nothing is waited for. */
const NO_BYTES: PayloadView = { bytes: new Uint8Array(0), final: true };

/** The rules of one page, compiled once. */
export class PageRules {
  readonly #proxy: Proxy;
  readonly #conditions: readonly CompiledCondition[];

  constructor(proxy: Proxy, readFile: ReadPatternFile) {
    const acls = new Map<string, AclDefinition[]>();
    for (const acl of proxy.acls) {
      const name = acl.name ?? "";
      acls.set(name, [...(acls.get(name) ?? []), acl]);
    }
    this.#proxy = proxy;
    this.#conditions = (proxy.stats?.admin ?? []).map((condition) =>
      compileCondition(condition, acls, readFile),
    );
  }

  /** Whether any rule lets this client act. `wallMs` since 1970. */
  mayAct(world: World, client: PageClient, nowMs: Millis, wallMs: number): boolean {
    const { name, id } = this.#proxy;
    const context: RuleContext = {
      nowMs,
      wallMs,
      random: () => world.random() / 2 ** 32,
      hostName: world.hostName,
      source: client.source,
      destination: client.destination,
      request: NO_BYTES,
      tls: client.tls,
      frontend: { name, id },
      variables: new Map(),
      environment: world.environment,
      state: world.lookups,
      tables: world.tablesFor(name, nowMs),
      tracked: () => undefined,
    };
    return this.#conditions.some((condition) => condition(context) === true);
  }
}
