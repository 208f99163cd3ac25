// How to connect to a server on behalf of a session.
import type { Endpoint } from "../base/address.ts";
import type { ServerState } from "../balance/server.ts";
import type { SourceSettings } from "../config/model/proxy.ts";
import { castSample } from "../rules/convert.ts";
import type { Fetched } from "../rules/sample.ts";
import type { BackendState } from "./backend-state.ts";
import type { ConnectSpec, TlsContext } from "./mover.ts";
import { encodeProxyHeader } from "./proxy-protocol/encode.ts";
import type { SessionContext } from "./session-context.ts";
import type { World } from "./world.ts";

/** The connect to `server`; `undefined` while the server's name has no address. */
export function connectSpec(
  backend: BackendState,
  server: ServerState,
  context: SessionContext,
  world: World,
): ConnectSpec | undefined {
  const facts = backend.facts.get(server.name);
  if (facts?.endpoint === undefined) return undefined;
  const { spec } = server;
  const source = spec.source ?? backend.side.source;
  const local = source === undefined ? undefined : localAddress(source, world);
  const { tls, sni } = facts;
  const hasBytes = spec.sendProxy !== undefined || context.request.bytes.length > 0;
  const serverName = sni === undefined ? undefined : nameFor(sni(context));
  return {
    endpoint: withPort(facts.endpoint, spec.portOffset, context.destination),
    socket: facts.socket,
    speaksFirst: hasBytes && backend.proxy.flags.has("tcp-smart-connect"),
    asksLocal: context.frontend.logsLocalAddress,
    local,
    interface: source?.interface,
    preamble: spec.sendProxy === undefined ? undefined : preamble(spec.sendProxy, context),
    tls: tls === undefined ? undefined : tlsSpec(tls, serverName),
  };
}

function tlsSpec(context: TlsContext, serverName: string | undefined): ConnectSpec["tls"] {
  return serverName === undefined ? { context } : { context, serverName };
}

/** A server's port may be the client's destination port, moved by an offset (§5.2 `server`). */
function withPort(
  endpoint: Endpoint,
  portOffset: number | undefined,
  destination: Endpoint,
): Endpoint {
  if (endpoint.kind !== "ip" || destination.kind !== "ip") return endpoint;
  if (portOffset !== undefined) {
    // As in 16 bits of C: beyond the last port comes the first.
    return { ...endpoint, port: (destination.port + portOffset) & 0xffff };
  }
  return endpoint.port === 0 ? { ...endpoint, port: destination.port } : endpoint;
}

/** Port ranges are walked in turn, so that more connections than one port has can be held. */
function localAddress(source: SourceSettings, world: World): ConnectSpec["local"] {
  if (source.host === undefined) return undefined;
  if (source.portMin === undefined) return { host: source.host };
  const count = (source.portMax ?? source.portMin) - source.portMin + 1;
  return { host: source.host, port: source.portMin + (world.nextSourcePort() % count) };
}

function preamble(
  sendProxy: NonNullable<ServerState["spec"]["sendProxy"]>,
  context: SessionContext,
): Uint8Array {
  return encodeProxyHeader({
    version: sendProxy.version,
    source: context.source,
    destination: context.destination,
    options: sendProxy.options,
    ...(context.tls === undefined ? {} : { tls: context.tls }),
  });
}

/** The text of a `sni` expression; none leaves the name out. */
function nameFor(sample: Fetched): string | undefined {
  if (sample === "none" || sample === "wait") return undefined;
  const text = castSample(sample, "str");
  return text?.type === "str" && text.value !== "" ? text.value : undefined;
}
