import { fileURLToPath } from "node:url";
import { makeAuthority } from "../support/certificates.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { startProcess } from "../support/process.ts";
import { startTandem } from "../support/tandem.ts";
import { ticketKeyFile } from "../support/ticket-keys.ts";

/** A program that can stand on either side of the comparison; `bare` is `bare-relay.ts`. */
export type ProxyKind = "tandem" | "haproxy" | "bare";

/** What may differ between measures; by default one thread, no TLS, and packets are bytes. */
export interface ProxyVariant {
  readonly threads?: number;
  readonly tls?: boolean;
  /** Counts the packets that go to the echo server; HAProxy cannot. */
  readonly packets?: boolean;
}

/** A running proxy and its listeners. */
export interface Proxy {
  readonly kind: ProxyKind;
  readonly pid: number;
  /** Relays to the echo server. */
  readonly echoPort: number;
  /** Sticky by MQTT client identifier, over three brokers. */
  readonly mqttPort: number;
  /** Relays to the echo server, TLS in front, where the variant has it. */
  readonly tlsPort: number;
  stop(): Promise<void>;
}

/** Where the servers of the load program listen, on every address. */
export interface ServerPorts {
  readonly echo: number;
  readonly broker: number;
}

/** Starts a proxy on ports of its own, with the same configuration for either kind. */
export async function startProxy(
  kind: ProxyKind,
  servers: ServerPorts,
  variant: ProxyVariant = {},
): Promise<Proxy> {
  const [echoPort, mqttPort, tlsPort] = (await freePorts(3)) as [number, number, number];
  const config =
    configText(echoPort, mqttPort, servers, variant) +
    (variant.tls === true ? tlsText(tlsPort, servers) : "");
  const started = await start(kind, config, [echoPort, servers.echo, mqttPort, servers.broker]);
  const stop = async (): Promise<void> => {
    await started.stop();
  };
  return {
    kind,
    pid: started.pid,
    echoPort,
    mqttPort,
    tlsPort,
    stop,
  };
}

function start(
  kind: ProxyKind,
  config: string,
  ports: readonly number[],
): Promise<{ readonly pid: number; stop(): Promise<unknown> }> {
  switch (kind) {
    case "tandem":
      return startTandem({ config });
    case "haproxy":
      return startHaproxy({ config });
    case "bare":
      return startProcess({
        command: process.execPath,
        args: [fileURLToPath(new URL("bare-relay.js", import.meta.url)), ...ports.map(String)],
        ready: /ready/,
      });
  }
}

/** Several, for thousands of connections of a run before are still in TIME_WAIT. */
const ECHO_HOSTS = [2, 3, 4, 5, 6, 7].map((number) => `127.0.0.${number}`);

/** Servers have addresses of their own, so that connections to them never run out of ports. */
function configText(
  echoPort: number,
  mqttPort: number,
  servers: ServerPorts,
  { threads = 1, packets = false }: ProxyVariant,
): string {
  return `
global
  maxconn 8500
  nbthread ${threads}
defaults
  mode tcp
  timeout connect 10s
  timeout client 240s
  timeout server 240s
  maxconn 8500
listen echo
  bind 127.0.0.1:${echoPort}
${packets ? "  option mqtt-packets\n" : ""}${ECHO_HOSTS.map((host) => `  server ${host} ${host}:${servers.echo}`).join("\n")}
frontend mqtt
  bind 127.0.0.1:${mqttPort}
  tcp-request inspect-delay 10s
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  default_backend brokers
backend brokers
  stick-table type string len 32 size 100k expire 30m
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  server broker1 127.0.0.2:${servers.broker}
  server broker2 127.0.0.3:${servers.broker}
  server broker3 127.0.0.4:${servers.broker}
`;
}

/** One certificate for all runs: what its key costs should not differ. */
let pemFile: string | undefined;

function tlsText(tlsPort: number, servers: ServerPorts): string {
  pemFile ??= makeAuthority().issue(["localhost"]).pemFile;
  const words = `ssl crt ${pemFile} ssl-min-ver TLSv1.3 tls-ticket-keys ${ticketKeyFile()}`;
  return `
listen tls
  bind 127.0.0.1:${tlsPort} ${words}
  server echo1 127.0.0.2:${servers.echo}
`;
}
