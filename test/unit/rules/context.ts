// A session for rules to look at, made of what a test says.
import type { RuleContext, StateLookups, TrackedEntry } from "../../../src/rules/context.ts";
import type { Sample } from "../../../src/rules/sample.ts";

/** An entry that stores the data types given. */
export class FakeEntry implements TrackedEntry {
  readonly table: string;
  readonly key: Sample = { type: "ip", value: Uint8Array.of(127, 0, 0, 1) };
  readonly values: Map<string, number>;

  constructor(table: string, values: Readonly<Record<string, number>>) {
    this.table = table;
    this.values = new Map(Object.entries(values));
  }

  read(type: string, index: number): number | undefined {
    return this.values.get(index === 0 ? type : `${type}[${index}]`);
  }

  increment(type: string, index: number): number | undefined {
    const value = this.read(type, index);
    if (value === undefined) return undefined;
    this.values.set(type, value + 1);
    return value + 1;
  }

  set(type: string, index: number, value: number): boolean {
    if (this.read(type, index) === undefined) return false;
    this.values.set(type, value);
    return true;
  }
}

const STATE: StateLookups = {
  nbsrv: () => 1,
  beConn: () => 1,
  beConnFree: () => -1,
  beSessRate: () => 0,
  feConn: () => 1,
  feSessRate: () => 0,
  connslots: () => -1,
  queue: () => 0,
  avgQueue: () => 0,
  srvConn: () => 0,
  srvConnFree: () => -1,
  srvQueue: () => 0,
  srvSessRate: () => 0,
  srvIsUp: () => true,
  srvWeight: () => 1,
};

/** A context with these first bytes; final unless said otherwise. */
export function fakeContext(
  bytes: Uint8Array | string = "",
  overrides: Partial<RuleContext> = {},
): RuleContext {
  const request = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
  return {
    nowMs: 0,
    wallMs: 1_700_000_000_000,
    random: () => 0.5,
    hostName: "host",
    source: { kind: "ip", family: 4, host: "127.0.0.1", port: 40_000 },
    destination: { kind: "ip", family: 4, host: "127.0.0.1", port: 24_000 },
    request: { bytes: request, final: true },
    frontend: { name: "f", id: 2 },
    variables: new Map(),
    environment: { HOME: "/home/u" },
    state: STATE,
    tables: { lookup: () => undefined },
    tracked: () => undefined,
    ...overrides,
  };
}
