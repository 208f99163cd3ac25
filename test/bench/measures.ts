import type { Load, LoadResult } from "./load.ts";
import type { Proxy, ProxyKind, ProxyVariant } from "./proxies.ts";
import { measureTlsExchanges } from "./tls-load.ts";

/** One row of the table: a figure that one run yields for one proxy. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** What the ratio should be, as the table shows it; absent without a goal. */
  readonly goal?: string;
}

/** One load that yields one or several figures at once. */
export interface Measure {
  readonly figures: readonly Figure[];
  /** Whether the run must find a proxy that has done nothing before. */
  readonly warmsItself?: boolean;
  /** Settings of both proxies that differ from the usual ones. */
  readonly variant?: ProxyVariant;
  /** What stands on the other side; by default HAProxy with the same settings. */
  readonly beside?: { readonly kind: ProxyKind; readonly variant: ProxyVariant };
  run(load: Load, proxy: Proxy, seconds: number): Promise<readonly number[]>;
}

const LATENCY_RATE_PER_S = 4_000;
const IDLE_CONNECTIONS = 2_000;
const SETUP_PARALLEL = 50;
const HANDSHAKE_CLIENTS = 10;

/** Everything that `scripts/bench balancer` measures, in the order of the table. */
export const BALANCER_MEASURES: readonly Measure[] = [
  relay({ label: "100 B", bytes: 100, connections: 50, goal: "≤ 0.9" }),
  relay({ label: "100 B", bytes: 100, connections: 2_000, goal: "≤ 0.9" }),
  relay({ label: "16 KiB", bytes: 16_384, connections: 10, goal: "≤ 0.8" }),
  {
    figures: [
      { name: "sticky MQTT set-ups", unit: "1/s", goal: "≥ 0.9" },
      { name: "CPU per sticky MQTT set-up", unit: "µs", goal: "≤ 1.1" },
    ],
    async run(load, proxy, seconds) {
      const options = { port: proxy.mqttPort, connections: SETUP_PARALLEL, pid: proxy.pid };
      const result = await load.measure("setup", { ...options, seconds });
      if (result.failed > 0) {
        throw new Error(`${proxy.kind} failed ${result.failed} of ${result.count} set-ups`);
      }
      return [perSecond(result), cpuUs(result)];
    },
  },
  {
    figures: [
      {
        name: `p99 latency, 100 B, 50 connections, ${LATENCY_RATE_PER_S}/s`,
        unit: "µs",
        goal: "≤ 1.1",
      },
    ],
    async run(load, proxy, seconds) {
      const options = { port: proxy.echoPort, connections: 50, bytes: 100, pid: proxy.pid };
      const result = await load.measure("ask", { ...options, rate: LATENCY_RATE_PER_S, seconds });
      return [result.p99Us];
    },
  },
  idle(IDLE_CONNECTIONS),
];

/** What `--more` adds: how costs grow with connections and threads, and TLS. */
export const MORE_MEASURES: readonly Measure[] = [
  relay({ label: "100 B", bytes: 100, connections: 100 }),
  relay({ label: "100 B", bytes: 100, connections: 1_000 }),
  relay({ label: "100 B", bytes: 100, connections: 8_000 }),
  idle(100),
  idle(1_000),
  idle(8_000),
  relay({ label: "100 B, nbthread 2", bytes: 100, connections: 50, variant: { threads: 2 } }),
  handshakes("full TLS handshake", 0),
  handshakes("resumed TLS handshake", 1),
  {
    figures: [{ name: "CPU per 16 KiB there and back over TLS", unit: "µs" }],
    variant: { tls: true },
    async run(_, { tlsPort: port, pid }, seconds) {
      const options = { port, pid, seconds, connections: 10 };
      return [cpuUs(await measureTlsExchanges(options, 16_384))];
    },
  },
];

/** What `--packets` measures: Tandem that looks at the packets of relays, beside itself without. */
export const PACKETS_MEASURES: readonly Measure[] = [
  packets(100, 50),
  packets(100, 2_000),
  packets(16_384, 10),
];

function packets(bytes: number, connections: number): Measure {
  return {
    figures: [
      {
        name: `CPU per PUBLISH and answer, ${bytes} B, ${connections} connections`,
        unit: "µs",
        goal: "≤ 1.05",
      },
    ],
    variant: { packets: true },
    beside: { kind: "tandem", variant: {} },
    async run(load, proxy, seconds) {
      const options = { port: proxy.echoPort, connections, bytes, packets: 1, pid: proxy.pid };
      return [cpuUs(await load.measure("ask", { ...options, seconds }))];
    },
  };
}

function idle(connections: number): Measure {
  return {
    figures: [
      { name: `memory per idle MQTT connection (${connections})`, unit: "KiB", goal: "≤ 1.0" },
    ],
    warmsItself: true,
    async run(load, proxy) {
      const options = { port: proxy.mqttPort, connections, pid: proxy.pid };
      const result = await load.measureIdle({ ...options, seconds: 0.5 });
      return [(result.rssAfterBytes - result.rssBeforeBytes) / result.count / 1024];
    },
  };
}

function handshakes(what: string, resume: 0 | 1): Measure {
  return {
    figures: [
      { name: `CPU per ${what}`, unit: "µs" },
      { name: `${what}s`, unit: "1/s" },
    ],
    variant: { tls: true },
    async run(load, { tlsPort: port, pid }, seconds) {
      const options = { port, pid, seconds, connections: HANDSHAKE_CLIENTS, resume };
      const result = await load.measureHandshakes(options);
      return [cpuUs(result), perSecond(result)];
    },
  };
}

function relay(of: {
  readonly label: string;
  readonly bytes: number;
  readonly connections: number;
  readonly variant?: ProxyVariant;
  readonly goal?: string;
}): Measure {
  const what = `${of.label}, ${of.connections} connections`;
  return {
    ...(of.variant === undefined ? {} : { variant: of.variant }),
    figures: [
      {
        name: `CPU per request and answer, ${what}`,
        unit: "µs",
        ...(of.goal === undefined ? {} : { goal: of.goal }),
      },
      { name: `requests, ${what}`, unit: "1/s" },
    ],
    async run(load, proxy, seconds) {
      const options = { port: proxy.echoPort, connections: of.connections, bytes: of.bytes };
      const result = await load.measure("ask", { ...options, pid: proxy.pid, seconds });
      return [cpuUs(result), perSecond(result)];
    },
  };
}

/** Proxy CPU per operation, µs. */
export function cpuUs(result: Pick<LoadResult, "cpuMs" | "count">): number {
  return (result.cpuMs * 1000) / result.count;
}

/** Operations per second. */
export function perSecond(result: Pick<LoadResult, "count" | "wallMs">): number {
  return (result.count * 1000) / result.wallMs;
}
