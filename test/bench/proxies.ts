import { fileURLToPath } from "node:url";
import { startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { startProcess } from "../support/process.ts";
import { startTandem } from "../support/tandem.ts";

/** A program that can stand on either side of the comparison; `bare` is `bare-relay.ts`. */
export type ProxyKind = "tandem" | "haproxy" | "bare";

/** A running proxy and its two listeners. */
export interface Proxy {
  readonly kind: ProxyKind;
  readonly pid: number;
  /** Relays to the echo server. */
  readonly echoPort: number;
  /** Sticky by MQTT client identifier, over three brokers. */
  readonly mqttPort: number;
  stop(): Promise<void>;
}

/** Where the servers of the load program listen, on every address. */
export interface ServerPorts {
  readonly echo: number;
  readonly broker: number;
}

/** Starts a proxy on ports of its own, with the same configuration for either kind. */
export async function startProxy(kind: ProxyKind, servers: ServerPorts): Promise<Proxy> {
  const [echoPort, mqttPort] = (await freePorts(2)) as [number, number];
  const config = configText(echoPort, mqttPort, servers);
  const started = await start(kind, config, [echoPort, servers.echo, mqttPort, servers.broker]);
  const stop = async (): Promise<void> => {
    await started.stop();
  };
  return {
    kind,
    pid: started.pid,
    echoPort,
    mqttPort,
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

/** Servers have addresses of their own, so that connections to them never run out of ports. */
function configText(echoPort: number, mqttPort: number, servers: ServerPorts): string {
  return `
global
  maxconn 8000
defaults
  mode tcp
  timeout connect 10s
  timeout client 240s
  timeout server 240s
  maxconn 8000
listen echo
  bind 127.0.0.1:${echoPort}
  server echo1 127.0.0.2:${servers.echo}
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
