// timeout <what> <timeout>   (haproxy configuration §4.2)
import type { ProxyDraft } from "../draft.ts";
import { ANY_PROXY, BACKEND_SIDE, FRONTEND_SIDE, served } from "../keyword.ts";
import type { Keyword, SectionKind } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { Timeouts } from "../model/proxy.ts";
import { TIMEOUT_CLIENT_MQTT } from "./timeout-client-mqtt.ts";

const NAMES =
  "'client', 'server', 'connect', 'check', 'queue', 'http-keep-alive', 'http-request', " +
  "'tunnel', 'tarpit', 'client-fin' and 'server-fin'";

/** The word of each timeout. */
export const TIMEOUT_NAMES: Readonly<Record<keyof Timeouts, string>> = {
  connect: "connect",
  client: "client",
  server: "server",
  tunnel: "tunnel",
  queue: "queue",
  check: "check",
  clientFin: "client-fin",
  serverFin: "server-fin",
  tarpit: "tarpit",
  httpRequest: "http-request",
  httpKeepAlive: "http-keep-alive",
};

function timeout(
  word: string,
  field: keyof Timeouts,
  sections: readonly SectionKind[],
  summary: string,
): Keyword<ProxyDraft> {
  const name = `timeout ${word}`;
  return served({
    name,
    sections,
    grammar: "<timeout>",
    summary,
    default: field === "queue" ? "timeout connect" : "none",
    parse: (line, draft) => {
      parseTimeout(line, draft, name, field);
    },
  });
}

function parseTimeout(line: Line, draft: ProxyDraft, name: string, field: keyof Timeouts): void {
  const missing = `'${name}' expects an integer value (in milliseconds)`;
  const value = line.takeTime(`'${name}'`, missing);
  if (value === undefined) return;
  const extra = line.peek();
  if (extra !== undefined) {
    line.alert(
      `'${name}' : unexpected extra argument '${extra}' after value '${line.words[2] ?? ""}'.`,
    );
    return;
  }
  draft.timeouts[field] = value;
}

/** All timeouts. */
export const TIMEOUT_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  timeout("client", "client", FRONTEND_SIDE, "Silence allowed on the client's side."),
  TIMEOUT_CLIENT_MQTT,
  timeout("server", "server", BACKEND_SIDE, "Silence allowed on the server's side."),
  timeout("connect", "connect", BACKEND_SIDE, "How long connecting to a server may take."),
  timeout("check", "check", BACKEND_SIDE, "How long a check's answer may take."),
  timeout("queue", "queue", BACKEND_SIDE, "How long a connection may wait for a server."),
  timeout("tunnel", "tunnel", BACKEND_SIDE, "Silence allowed once both sides are joined."),
  timeout("client-fin", "clientFin", FRONTEND_SIDE, "As client, once half closed."),
  timeout("server-fin", "serverFin", BACKEND_SIDE, "As server, once half closed."),
  timeout("tarpit", "tarpit", ANY_PROXY, "How long tarpitted connections are held."),
  timeout("http-request", "httpRequest", ANY_PROXY, "How long a request's head may take."),
  timeout("http-keep-alive", "httpKeepAlive", ANY_PROXY, "Silence between two requests."),
  served({
    name: "timeout",
    family: true,
    sections: ANY_PROXY,
    grammar: "<what> <timeout>",
    summary: "Timeouts.",
    parse: (line) => {
      line.alert(`'timeout' supports ${NAMES} (got '${line.peek() ?? ""}')`, { word: 1 });
    },
  }),
  ...(
    [
      ["clitimeout", "client"],
      ["contimeout", "connect"],
      ["srvtimeout", "server"],
    ] as const
  ).map(([old, modern]) =>
    served<ProxyDraft>({
      name: old,
      sections: ANY_PROXY,
      grammar: "<timeout>",
      summary: `Old name of \`timeout ${modern}\`, read with a warning.`,
      parse: (line, draft) => {
        line.warn(
          `the '${old}' directive is not supported anymore since HAProxy 2.1. ` +
            `Use 'timeout ${modern}'.`,
          { word: 0 },
        );
        parseTimeout(line, draft, `timeout ${modern}`, modern);
      },
    }),
  ),
];
