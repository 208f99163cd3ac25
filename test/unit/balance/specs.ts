// Backends for tests of balancing, described by what matters there.
import type { BackendSide, Balance, HashType } from "../../../src/config/model/proxy.ts";
import type { Server } from "../../../src/config/model/server.ts";
import type { BackendSpec } from "../../../src/balance/assignment.ts";

const position = { file: "test.cfg", line: 1 };

/** What a test says about a server; the id is its place in the list. */
export type ServerTraits = { readonly name: string } & Partial<
  Pick<
    Server,
    | "id"
    | "weight"
    | "maxconn"
    | "minconn"
    | "maxqueue"
    | "backup"
    | "disabled"
    | "slowstartMs"
    | "check"
  >
>;

/** What a test says about a backend. */
export interface BackendTraits {
  readonly algorithm: Balance["algorithm"];
  readonly servers: readonly ServerTraits[];
  readonly hashType?: HashType;
  readonly hashBalanceFactor?: number;
  readonly draws?: number;
  readonly redispatch?: number;
  readonly fullconn?: number;
  readonly allBackups?: boolean;
}

/** A `server` line. */
export function serverSpec(traits: ServerTraits, id = 1): Server {
  return {
    id,
    position,
    address: { kind: "ip", family: 4, host: "127.0.0.1", port: 1 },
    weight: 1,
    maxconn: 0,
    minconn: 0,
    maxqueue: 0,
    backup: false,
    disabled: false,
    nonStick: false,
    slowstartMs: 0,
    errorLimit: 10,
    onError: "fail-check",
    initAddr: [],
    ...traits,
  };
}

/** A backend with its balancing. */
export function backendSpec(traits: BackendTraits): BackendSpec {
  const side: BackendSide = {
    balance: balanceOf(traits),
    hashType: traits.hashType ?? { method: "map-based", function: "sdbm", avalanche: false },
    hashBalanceFactor: traits.hashBalanceFactor ?? 0,
    servers: traits.servers.map((server, index) => serverSpec(server, index + 1)),
    useServer: [],
    stickRules: [],
    stickPolicy: "stay",
    retries: 3,
    redispatch: traits.redispatch ?? 0,
    check: { kind: "tcp" },
    loadServerStateFrom: "none",
    ...(traits.fullconn === undefined ? {} : { fullconn: traits.fullconn }),
  };
  return { name: "be", side, allBackups: traits.allBackups ?? false };
}

/** A small generator of uint32 that a seed determines (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

function balanceOf(traits: BackendTraits): Balance {
  const { algorithm } = traits;
  if (algorithm === "random") return { algorithm, draws: traits.draws ?? 2 };
  if (algorithm !== "hash") return { algorithm };
  return { algorithm, key: { fetch: { name: "src", args: [] }, converters: [] } };
}
