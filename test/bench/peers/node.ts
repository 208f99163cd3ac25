// A node of a pair: either program with the same table, listener and peers section.
import { readdirSync, readFileSync } from "node:fs";
import net from "node:net";
import { generate } from "mqtt-packet";
import { askControl } from "../../../src/base/io/control-client.ts";
import { startHaproxy } from "../../support/haproxy.ts";
import { startTandem } from "../../support/tandem.ts";
import { canConnect, waitFor } from "../../support/wait-for.ts";

/** Which program a node runs. */
export type NodeKind = "haproxy" | "tandem";

/** Where the members of a pair listen for each other, by name. The two nodes and whoever feeds them. */
export type MemberPorts = Readonly<Record<string, number>>;

/** What a node is started with. */
export interface NodeOptions {
  readonly kind: NodeKind;
  readonly name: string;
  readonly members: MemberPorts;
  /** For MQTT clients. */
  readonly mqttPort: number;
  readonly brokerPort: number;
}

/** A running node. */
export interface Node {
  readonly kind: NodeKind;
  readonly pid: number;
  readonly mqttPort: number;
  /** When the kernel first took a connection for its listener, ms on the bench's monotonic clock. */
  readonly answeredMs: number;
  /** Entries of its table. */
  usedCount(): Promise<number>;
  /** Resolves with the instant at which its table had so many entries, seen within a few ms. */
  full(entryCount: number): Promise<number>;
  stop(): Promise<void>;
}

/** The table's name, which is that of its backend. */
export const TABLE_NAME = "brokers";

/** The peers section's name. */
export const SECTION_NAME = "mypeers";

const CONNECT = generate({ cmd: "connect", clientId: "first", protocolId: "MQTT", clean: true });

const FULL_WAIT = { timeoutMs: 120_000, intervalMs: 5 };

/** The system's monotonic clock, as the load program's. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Starts a node; resolves once its listener answers. */
export async function startNode(options: NodeOptions): Promise<Node> {
  const config = configText(options);
  const args = ["-L", options.name];
  let answeredMs = 0;
  const watch = waitFor(() => canConnect(options.mqttPort), FULL_WAIT).then(() => {
    answeredMs = monotonicMs();
  });
  if (options.kind === "haproxy") {
    const [program] = await Promise.all([startHaproxy({ config, args }), watch]);
    const usedCount = async (): Promise<number> => {
      const answer = await program.command("show table");
      return Number(/table: brokers,.* used:(\d+)/.exec(answer)?.[1] ?? 0);
    };
    return {
      ...common(options, program, answeredMs, usedCount),
      async full(entryCount) {
        await waitFor(async () => (await usedCount()) >= entryCount, FULL_WAIT);
        return monotonicMs();
      },
    };
  }
  const [program] = await Promise.all([startTandem({ config, args }), watch]);
  const usedCount = async (): Promise<number> => {
    const patience = { answerMs: 10_000, answerBytesMax: 1 << 20 };
    const reply = await askControl(program.controlPath, "status", patience);
    const text = reply.kind === "answer" ? JSON.stringify(reply.value) : reply.text;
    return Number(/"name":"brokers",[^{}]*"entryCount":(\d+)/.exec(text)?.[1] ?? NaN);
  };
  return {
    ...common(options, program, answeredMs, usedCount),
    async full(entryCount) {
      await waitFor(async () => (await usedCount()) >= entryCount, FULL_WAIT);
      return monotonicMs();
    },
  };
}

/** Resolves with the instant at which a node that is starting has an MQTT client answered by a broker. */
export async function servedClient(mqttPort: number): Promise<number> {
  await waitFor(() => isServed(mqttPort), FULL_WAIT);
  return monotonicMs();
}

async function isServed(mqttPort: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port: mqttPort });
    const end = (isAnswered: boolean): void => {
      resolve(isAnswered);
      socket.destroy();
    };
    socket.once("connect", () => socket.write(CONNECT));
    socket.once("data", () => end(true));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}

function common(
  options: NodeOptions,
  program: { readonly pid: number; stop(): Promise<void> },
  answeredMs: number,
  usedCount: () => Promise<number>,
): Omit<Node, "full"> {
  return {
    kind: options.kind,
    pid: program.pid,
    mqttPort: options.mqttPort,
    answeredMs,
    usedCount,
    stop: () => program.stop(),
  };
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1]) * 1024;
}

/** The most that was ever resident of a process, bytes. */
export function peakBytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1]) * 1024;
}

/** CPU time of all threads of a process so far, ms. */
export function cpuMs(pid: number): number {
  let totalNs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1");
    totalNs += Number(stat.split(" ")[0]);
  }
  return totalNs / 1e6;
}

function configText({ members, mqttPort, brokerPort }: NodeOptions): string {
  const peers = Object.entries(members).map(([name, port]) => `  peer ${name} 127.0.0.1:${port}\n`);
  return `
global
  maxconn 8000
defaults
  mode tcp
  timeout connect 10s
  timeout client 240s
  timeout server 240s
  maxconn 8000
peers ${SECTION_NAME}
${peers.join("")}frontend mqtt
  bind 127.0.0.1:${mqttPort}
  tcp-request inspect-delay 10s
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  default_backend ${TABLE_NAME}
backend ${TABLE_NAME}
  stick-table type string len 32 size 2m expire 30m peers ${SECTION_NAME}
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  server b1 127.0.0.2:${brokerPort}
  server b2 127.0.0.3:${brokerPort}
  server b3 127.0.0.4:${brokerPort}
`;
}
