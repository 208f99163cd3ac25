// The connection itself and the configured objects it passes (haproxy configuration §7.3.3).
import type { Endpoint } from "../../base/address.ts";
import { byteStringOfText } from "../bytes.ts";
import type { NamedId, RuleContext } from "../context.ts";
import type { FetchDefinition, FetchSource } from "../definition.ts";
import { parseIp } from "../../base/ip.ts";
import type { Fetched } from "../sample.ts";

function address(endpoint: Endpoint): Fetched {
  if (endpoint.kind !== "ip") return "none";
  const bytes = parseIp(endpoint.host);
  return bytes === undefined ? "none" : { type: "ip", value: bytes };
}

function port(endpoint: Endpoint): Fetched {
  return endpoint.kind === "ip" ? { type: "int", value: endpoint.port } : "none";
}

function isLocal(context: RuleContext, endpoint: Endpoint): Fetched {
  if (endpoint.kind !== "ip") return "none";
  const local = context.state.isLocalAddress?.(endpoint.host) ?? isLoopback(endpoint.host);
  return { type: "bool", value: local };
}

function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "::1";
}

function simple(
  names: readonly string[],
  output: FetchDefinition["output"],
  description: string,
  fetch: (context: RuleContext) => Fetched,
): FetchDefinition {
  return { names, args: [], output, source: "connection", description, make: () => fetch };
}

function named(
  prefix: string,
  what: string,
  source: FetchSource,
  pick: (context: RuleContext) => NamedId | undefined,
): readonly FetchDefinition[] {
  return [
    {
      names: [`${prefix}_name`],
      args: [],
      output: "str",
      source,
      description: `The name of the ${what}.`,
      make: () => (context) => {
        const object = pick(context);
        return object === undefined
          ? "none"
          : { type: "str", value: byteStringOfText(object.name) };
      },
    },
    {
      names: [`${prefix}_id`],
      args: [],
      output: "int",
      source,
      description: `The numeric id of the ${what}.`,
      make: () => (context) => {
        const object = pick(context);
        return object === undefined ? "none" : { type: "int", value: object.id };
      },
    },
  ];
}

/** Addresses, ports, and the frontend, backend and server of a connection. */
export const CONNECTION_FETCHES: readonly FetchDefinition[] = [
  simple(["src"], "ip", "The client's address.", (c) => address(c.source)),
  simple(["dst"], "ip", "The address the client connected to.", (c) => address(c.destination)),
  simple(["src_port"], "int", "The client's port.", (c) => port(c.source)),
  simple(["dst_port"], "int", "The port the client connected to.", (c) => port(c.destination)),
  simple(["src_is_local"], "bool", "Whether the client is on this machine.", (c) =>
    isLocal(c, c.source),
  ),
  simple(["dst_is_local"], "bool", "Whether the destination is on this machine.", (c) =>
    isLocal(c, c.destination),
  ),
  ...named("fe", "frontend", "connection", (context) => context.frontend),
  // Before a backend is chosen, HAProxy answers with the frontend.
  ...named("be", "backend", "backend", (context) => context.backend ?? context.frontend),
  ...named("srv", "server", "server", (context) => context.server),
];
