// Balancers that share a table, each with clients of its own.
import path from "node:path";
import type { Broker } from "../support/mosquitto.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { connectDevice, Placements } from "./mqtt-devices.ts";

/** Where the members of a group are. */
export interface PairPorts {
  /** For clients, by the name of the node. */
  readonly clients: Readonly<Record<string, number>>;
  /** For peers, by the name of the node. */
  readonly peers: Readonly<Record<string, number>>;
}

/** What a node's configuration says besides the usual. */
export interface NodeLines {
  readonly global?: readonly string[];
  /** The lines of the peers section instead of a `peer` line for each node. */
  readonly peers?: readonly string[];
  /** The stick table's line. */
  readonly table?: string;
  /** More lines of the listener. */
  readonly listen?: readonly string[];
}

const TABLE = "stick-table type string len 64 size 100k expire 30m peers pair";

/** A node's configuration: devices stick to brokers by their client identifier. */
export function nodeConfig(
  name: string,
  ports: PairPorts,
  brokers: readonly Broker[],
  lines: NodeLines = {},
): string {
  const peers =
    lines.peers ??
    Object.entries(ports.peers).map(([peer, port]) => `peer ${peer} 127.0.0.1:${port}`);
  return `
global
  localpeer ${name}
${indent(lines.global ?? [])}
defaults
  mode tcp
  timeout connect 5s
  timeout client 1m
  timeout server 1m
peers pair
${indent(peers)}
listen mqtt
  bind 127.0.0.1:${ports.clients[name]!}
  tcp-request inspect-delay 5s
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  balance roundrobin
  ${lines.table ?? TABLE}
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
${indent(lines.listen ?? [])}
${indent(brokers.map(({ port }, index) => `server b${index} 127.0.0.1:${port}`))}
`;
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}

/** Starts a node and waits until it has learned what there is. */
export async function startNode(
  name: string,
  ports: PairPorts,
  brokers: readonly Broker[],
  lines: NodeLines = {},
): Promise<Tandem> {
  const node = await startTandem({ config: nodeConfig(name, ports, brokers, lines) });
  await resynced(node);
  return node;
}

/** Waits for the end of a node's first lesson; how it ended. */
export async function resynced(node: Tandem): Promise<string> {
  const [, outcome] = await waitForLog(node, /"outcome":"(\w+)"/);
  return outcome!;
}

/** Waits until a log line matches. */
export async function waitForLog(node: Tandem, pattern: RegExp): Promise<RegExpExecArray> {
  return waitFor(() => pattern.exec(node.process.stderr()) ?? false, {
    what: () => `${String(pattern)} in ${path.basename(node.configFile)}: ${node.process.stderr()}`,
  });
}

/** Connects devices one after the other; the broker of each. */
export async function placeDevices(
  port: number,
  ids: Iterable<string>,
  brokers: readonly Broker[],
): Promise<ReadonlyMap<string, number>> {
  const placements = new Placements(brokers);
  const wanted = [...ids];
  for (const id of wanted) {
    const device = await connectDevice(port, id);
    await device.endAsync();
  }
  return placements.of(wanted);
}
