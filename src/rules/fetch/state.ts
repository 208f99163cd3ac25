// Live counts of proxies and servers (haproxy configuration §7.3.2).
import type { RuleContext, StateLookups } from "../context.ts";
import type { ArgumentSpec, FetchDefinition } from "../definition.ts";
import type { Fetched } from "../sample.ts";

const BACKEND: ArgumentSpec = { name: "backend", type: "backend", optional: true };
const FRONTEND: ArgumentSpec = { name: "frontend", type: "frontend", optional: true };
const SERVER: ArgumentSpec = { name: "backend/server", type: "server" };

function int(value: number | undefined): Fetched {
  return value === undefined ? "none" : { type: "int", value };
}

function proxyCount(
  name: string,
  spec: ArgumentSpec,
  description: string,
  read: (state: StateLookups, proxy: string) => number | undefined,
): FetchDefinition {
  return {
    names: [name],
    args: [spec],
    output: "int",
    source: "state",
    description,
    make: ([proxy]) => {
      const given = proxy === "" ? undefined : proxy;
      return (context) => int(read(context.state, given ?? ownProxy(context, spec)));
    },
  };
}

function ownProxy(context: RuleContext, spec: ArgumentSpec): string {
  return spec === FRONTEND ? context.frontend.name : (context.backend ?? context.frontend).name;
}

/** Splits `backend/server`; a bare server name belongs to the current backend. */
function splitServer(argument: string, context: RuleContext): readonly [string, string] {
  const slash = argument.indexOf("/");
  return slash < 0
    ? [ownProxy(context, BACKEND), argument]
    : [argument.slice(0, slash), argument.slice(slash + 1)];
}

function serverCount(
  name: string,
  description: string,
  read: (state: StateLookups, backend: string, server: string) => number | undefined,
): FetchDefinition {
  return {
    names: [name],
    args: [SERVER],
    output: "int",
    source: "state",
    description,
    make:
      ([argument]) =>
      (context) => {
        const [backend, server] = splitServer(argument!, context);
        return int(read(context.state, backend, server));
      },
  };
}

/** Counts of backends, frontends and servers. */
export const STATE_FETCHES: readonly FetchDefinition[] = [
  proxyCount("nbsrv", BACKEND, "Usable servers of a backend.", (s, be) => s.nbsrv(be)),
  proxyCount("be_conn", BACKEND, "Connections of a backend.", (s, be) => s.beConn(be)),
  proxyCount(
    "be_conn_free",
    BACKEND,
    "Free connection slots of a backend; -1 when a server has no limit.",
    (s, be) => s.beConnFree(be),
  ),
  proxyCount("be_sess_rate", BACKEND, "Sessions per second of a backend.", (s, be) =>
    s.beSessRate(be),
  ),
  proxyCount(
    "connslots",
    BACKEND,
    "Free connection and queue slots of a backend; -1 when a server has no limit.",
    (s, be) => s.connslots(be),
  ),
  proxyCount("queue", BACKEND, "Connections queued in a backend and its servers.", (s, be) =>
    s.queue(be),
  ),
  proxyCount("avg_queue", BACKEND, "Queued connections per usable server.", (s, be) =>
    s.avgQueue(be),
  ),
  proxyCount("fe_conn", FRONTEND, "Connections of a frontend.", (s, fe) => s.feConn(fe)),
  proxyCount("fe_sess_rate", FRONTEND, "Sessions per second of a frontend.", (s, fe) =>
    s.feSessRate(fe),
  ),
  serverCount("srv_conn", "Connections of a server.", (s, be, srv) => s.srvConn(be, srv)),
  serverCount(
    "srv_conn_free",
    "Free connection slots of a server; -1 without a limit.",
    (s, be, srv) => s.srvConnFree(be, srv),
  ),
  serverCount("srv_queue", "Connections queued for a server.", (s, be, srv) => s.srvQueue(be, srv)),
  serverCount("srv_sess_rate", "Sessions per second of a server.", (s, be, srv) =>
    s.srvSessRate(be, srv),
  ),
  serverCount("srv_weight", "The weight of a server.", (s, be, srv) => s.srvWeight(be, srv)),
  {
    names: ["srv_is_up"],
    args: [SERVER],
    output: "bool",
    source: "state",
    description: "Whether a server is up.",
    make:
      ([argument]) =>
      (context) => {
        const up = context.state.srvIsUp(...splitServer(argument!, context));
        return up === undefined ? "none" : { type: "bool", value: up };
      },
  },
];
