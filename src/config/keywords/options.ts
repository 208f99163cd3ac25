// option <name>, no option <name>   (haproxy configuration §4.2)
import type { ProxyDraft } from "../draft.ts";
import { ANY_PROXY, BACKEND_SIDE, FRONTEND_SIDE, ignored, refused, served } from "../keyword.ts";
import type { Keyword, SectionKind } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { ProxyFlag } from "../model/proxy.ts";

/** A plain option: on with `option`, off with `no option`. */
export function flagOption(
  flag: ProxyFlag,
  sections: readonly SectionKind[],
  summary: string,
  extra: { readonly ours?: true; readonly default?: string } = {},
): Keyword<ProxyDraft> {
  return served({
    name: `option ${flag}`,
    sections,
    grammar: "",
    summary,
    negatable: true,
    ...extra,
    parse: (line, draft, negated) => {
      if (!line.expectEnd(`option ${flag}`)) return;
      if (negated) draft.flags.delete(flag);
      else draft.flags.add(flag);
    },
  });
}

/** option redispatch [<interval>] */
function parseRedispatch(line: Line, draft: ProxyDraft, negated: boolean): void {
  const word = line.take();
  if (negated) draft.redispatch = 0;
  else if (word === undefined) draft.redispatch = -1;
  else if (/^-?\d{1,9}$/.test(word)) draft.redispatch = Number(word);
  else line.alert(`invalid value '${word}' for 'option redispatch': expects an integer.`);
  line.expectEnd("option redispatch");
}

/** option httplog [clf], option tcplog: the later one wins, also over `log-format`. */
function parseLogOption(line: Line, draft: ProxyDraft, flag: "httplog" | "tcplog"): void {
  const word = flag === "httplog" ? line.take() : undefined;
  if (word !== undefined && word !== "clf") {
    line.alert("keyword 'httplog' only supports option 'clf'.");
    return;
  }
  if (!line.expectEnd(`option ${flag}`)) return;
  draft.flags.delete(flag === "httplog" ? "tcplog" : "httplog");
  draft.flags.add(flag);
  delete draft.logFormat;
}

const FLAGS: readonly Keyword<ProxyDraft>[] = [
  flagOption("abortonclose", BACKEND_SIDE, "Drops a queued connection whose client left."),
  flagOption("allbackups", BACKEND_SIDE, "Uses all backup servers, not only the first."),
  flagOption("clitcpka", FRONTEND_SIDE, "TCP keep-alive towards clients."),
  flagOption("dontlog-normal", FRONTEND_SIDE, "Logs no connection that ended well."),
  flagOption("dontlognull", FRONTEND_SIDE, "Logs no connection without data."),
  flagOption("http-server-close", ANY_PROXY, "Has no effect on TCP."),
  flagOption("independent-streams", ANY_PROXY, "A direction's traffic does not keep the other."),
  flagOption("log-health-checks", BACKEND_SIDE, "Logs each change of a check."),
  flagOption("log-separate-errors", FRONTEND_SIDE, "Logs failures at level err."),
  flagOption("logasap", FRONTEND_SIDE, "Logs at the start of a connection."),
  flagOption(
    "mqtt-packets",
    ANY_PROXY,
    "Counts the packets of MQTT clients by type. See docs/mqtt.md.",
    { ours: true, default: "off" },
  ),
  flagOption(
    "mqtt-refuse",
    ANY_PROXY,
    "Answers an MQTT client that cannot be served by a CONNACK of its version before it is closed. " +
      "See docs/mqtt.md.",
    { ours: true, default: "off" },
  ),
  flagOption(
    "mqtt-websocket",
    FRONTEND_SIDE,
    "Clients come through WebSocket: rules, keys and refusals see the MQTT inside. See docs/mqtt.md.",
    { ours: true, default: "off" },
  ),
  flagOption("nolinger", ANY_PROXY, "Closes without waiting for what is queued."),
  flagOption("persist", BACKEND_SIDE, "Keeps to a server that is down."),
  flagOption("pin-stick-entries", BACKEND_SIDE, "A stick entry lives while its connection lives.", {
    ours: true,
    default: "on",
  }),
  flagOption("socket-stats", FRONTEND_SIDE, "Statistics for each listener."),
  flagOption("splice-auto", ANY_PROXY, "Has no effect: the mover decides."),
  flagOption("splice-request", ANY_PROXY, "Has no effect: the mover decides."),
  flagOption("splice-response", ANY_PROXY, "Has no effect: the mover decides."),
  flagOption("srvtcpka", BACKEND_SIDE, "TCP keep-alive towards servers."),
  flagOption("tcp-smart-accept", FRONTEND_SIDE, "Has no effect."),
  flagOption(
    "tcp-smart-connect",
    BACKEND_SIDE,
    "The last packet of the handshake with a server goes with the first bytes, if any (native mover). " +
      "A server that sends small pieces without TCP_NODELAY then waits up to 40 ms between the first two.",
  ),
  flagOption("tcpka", ANY_PROXY, "TCP keep-alive on both sides."),
  flagOption("transparent", BACKEND_SIDE, "Connects to the address that the client asked for."),
];

const SPECIAL: readonly Keyword<ProxyDraft>[] = [
  served({
    name: "option redispatch",
    sections: BACKEND_SIDE,
    grammar: "[<interval>]",
    summary: "A failed connection may go to another server, by default on the last retry.",
    negatable: true,
    parse: parseRedispatch,
  }),
  served({
    name: "option tcplog",
    sections: ANY_PROXY,
    grammar: "",
    summary: "Logs the details of TCP connections.",
    parse: (line, draft) => {
      parseLogOption(line, draft, "tcplog");
    },
  }),
  served({
    name: "option httplog",
    sections: ANY_PROXY,
    grammar: "[clf]",
    summary: "As `option tcplog` on a TCP proxy.",
    parse: (line, draft) => {
      parseLogOption(line, draft, "httplog");
    },
  }),
  served({
    name: "option",
    family: true,
    sections: ANY_PROXY,
    grammar: "<name>",
    summary: "Options.",
    negatable: true,
    parse: (line, _draft, negated) => {
      const word = line.peek();
      if (word === undefined) line.alert("'option' expects an option name.", { word: 0 });
      else if (negated) line.alert(`negation/default is not supported for option '${word}'.`);
      else {
        const names = OPTION_KEYWORDS.filter((keyword) => keyword.family === undefined).map(
          (keyword) => keyword.name.slice("option ".length),
        );
        const near = line.didYouMean(word, [...names, "tcp-check", "httpchk", "forwardfor"]);
        line.alert(`unknown option '${word}'${near === "" ? "." : near}`, { word: 1 });
      }
    },
  }),
];

/** All options but those of checks and of HTTP. */
export const OPTION_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  ...FLAGS,
  ...SPECIAL,
  ...ignored<ProxyDraft>(ANY_PROXY, "Has no effect.", [
    "option contstats",
    "option h1-case-adjust-bogus-client",
    "option h1-case-adjust-bogus-server",
    "option prefer-last-server",
    "option tcp-tw-reuse",
  ]),
  ...refused<ProxyDraft>(
    BACKEND_SIDE,
    "Use 'option tcp-check' with 'tcp-check send' and 'tcp-check expect'.",
    [
      "option external-check",
      "option ldap-check",
      "option mysql-check",
      "option pgsql-check",
      "option redis-check",
      "option smtpchk",
      "option spop-check",
      "option ssl-hello-chk",
    ],
  ),
];
