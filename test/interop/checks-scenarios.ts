// Checks as haproxy.cfg words them and as the model holds them, side by side.
import type { CheckMethod, HttpCheckRule, TcpCheckRule } from "../../src/config/model/check.ts";
import type { CheckSettings } from "../../src/config/model/server.ts";
import {
  commentRule,
  connectRule,
  httpExpect,
  httpSend,
  tcpExpect,
  tcpSend,
} from "../unit/health/fixtures.ts";

/** One way to check, tried on several servers. */
export interface Scenario {
  /** Lines of the backend. `%name%` is the port of a scripted server. */
  readonly lines: readonly string[];
  readonly method: (portOf: (name: string) => number) => CheckMethod;
  /** Words behind `check` on the server line, with their settings. */
  readonly words?: string;
  readonly settings?: Partial<CheckSettings>;
  readonly servers: readonly string[];
}

function tcp(lines: readonly string[], rules: readonly TcpCheckRule[], servers: string): Scenario {
  return {
    lines: ["option tcp-check", ...lines],
    method: () => ({ kind: "tcp-check", rules }),
    servers: servers.split(" "),
  };
}

function http(
  lines: readonly string[],
  rules: readonly HttpCheckRule[],
  servers: string,
): Scenario {
  return {
    lines: ["option httpchk", ...lines],
    method: () => ({ kind: "httpchk", rules }),
    servers: servers.split(" "),
  };
}

const expect220 = tcpExpect("string", "220");

const PLAIN: readonly Scenario[] = [
  {
    lines: [],
    method: () => ({ kind: "tcp" }),
    servers: ["refuse", "silent", "close", "reset", "banner"],
  },
  {
    lines: [],
    method: () => ({ kind: "tcp" }),
    words: "check-ssl verify none",
    settings: { tls: true },
    servers: ["tls", "banner", "close", "reset", "refuse", "silent"],
  },
];

const TCP: readonly Scenario[] = [
  tcp([], [], "refuse silent close"),
  tcp(["tcp-check connect"], [connectRule()], "banner refuse"),
  tcp(["tcp-check send x"], [tcpSend("x")], "banner"),
  tcp(["tcp-check expect string 220"], [expect220], "refuse silent banner close reset big"),
  tcp(
    ["tcp-check connect", "tcp-check expect string zzz"],
    [connectRule(), tcpExpect("string", "zzz")],
    "refuse silent banner bannerClose close big",
  ),
  tcp(
    [
      "tcp-check connect comment conn",
      "tcp-check send PING comment sending",
      "tcp-check expect comment exp rstring ^abc",
    ],
    [
      connectRule({ comment: "conn" }),
      tcpSend("PING", "sending"),
      tcpExpect("rstring", "^abc", { comment: "exp" }),
    ],
    "silent banner bannerClose resetLater refuse",
  ),
  tcp(
    [
      "tcp-check comment one",
      "tcp-check connect",
      "tcp-check comment two",
      "tcp-check expect string z",
    ],
    [commentRule("one"), connectRule(), commentRule("two"), tcpExpect("string", "z")],
    "refuse bannerClose silent",
  ),
  tcp(
    ["tcp-check expect ! string 220"],
    [tcpExpect("string", "220", { negated: true })],
    "banner silent close",
  ),
  tcp(
    ["tcp-check expect ! string zzz"],
    [tcpExpect("string", "zzz", { negated: true })],
    "banner bannerClose big",
  ),
  tcp(
    ["tcp-check expect min-recv 0 string zzz"],
    [tcpExpect("string", "zzz", { bytesMin: 0 })],
    "banner",
  ),
  tcp(
    ["tcp-check expect min-recv 3 ! string zzz"],
    [tcpExpect("string", "zzz", { bytesMin: 3, negated: true })],
    "banner",
  ),
  tcp(["tcp-check expect rbinary 6865.C6C"], [tcpExpect("rbinary", "6865.C6C")], "banner"),
  tcp(["tcp-check expect rbinary ^3233"], [tcpExpect("rbinary", "^3233")], "banner bannerClose"),
  tcp(
    ["tcp-check send-binary 00ff", "tcp-check expect binary 7a7A"],
    [tcpSend("\x00\xff"), tcpExpect("binary", "7a7A")],
    "banner bannerClose",
  ),
  tcp(
    ["tcp-check expect string 220", "tcp-check expect ! rstring hel+o comment dm"],
    [expect220, tcpExpect("rstring", "hel+o", { negated: true, comment: "dm" })],
    "bannerClose",
  ),
  tcp(
    ["tcp-check expect string 220", "tcp-check send x", "tcp-check expect string hello"],
    [expect220, tcpSend("x"), tcpExpect("string", "hello")],
    "banner",
  ),
  tcp(
    ["tcp-check expect string 220 on-success fine on-error awful comment cm"],
    [tcpExpect("string", "220", { onSuccess: "fine", onError: "awful", comment: "cm" })],
    "banner silent close big",
  ),
  tcp(
    ["tcp-check expect string zzz error-status L7OKC tout-status L6TOUT"],
    [tcpExpect("string", "zzz", { errorStatus: "L7OKC", timeoutStatus: "L6TOUT" })],
    "bannerClose silent",
  ),
  tcp(
    ["tcp-check expect string 220 ok-status L7OKC"],
    [tcpExpect("string", "220", { okStatus: "L7OKC" })],
    "banner",
  ),
  tcp(
    ["tcp-check expect string 220 error-status L7STS ok-status L6OK"],
    [tcpExpect("string", "220", { errorStatus: "L7STS", okStatus: "L6OK" })],
    "banner big",
  ),
  tcp(
    ["tcp-check connect ssl", "tcp-check expect string abc"],
    [connectRule({ tls: true }), tcpExpect("string", "abc")],
    "tls silent close",
  ),
  {
    lines: [
      "option tcp-check",
      "tcp-check connect port %banner%",
      "tcp-check expect string 220",
      "tcp-check connect port %refuse%",
      "tcp-check expect string abc",
    ],
    method: (portOf) => ({
      kind: "tcp-check",
      rules: [
        connectRule({ port: portOf("banner") }),
        expect220,
        connectRule({ port: portOf("refuse") }),
        tcpExpect("string", "abc"),
      ],
    }),
    servers: ["banner"],
  },
];

const get = httpSend("GET", "/x", "HTTP/1.1", [["Host", "foo"]]);

const HTTP: readonly Scenario[] = [
  http([], [], "ok found missing broken garbage cut mute refuse silent close reset banner empty"),
  http(
    ["http-check send meth GET uri /x ver HTTP/1.1 hdr Host foo", "http-check expect status 200"],
    [get, httpExpect("status", "200")],
    "ok missing",
  ),
  http(["http-check expect string body"], [httpExpect("string", "body")], "ok missing empty mute"),
  http(["http-check expect rstring ^nope"], [httpExpect("rstring", "^nope")], "ok"),
  http(
    ["http-check expect ! string body"],
    [httpExpect("string", "body", { negated: true })],
    "ok",
  ),
  http(["http-check expect rstatus ^[23]"], [httpExpect("rstatus", "^[23]")], "ok missing"),
  http(
    ["http-check expect ! status 404"],
    [httpExpect("status", "404", { negated: true })],
    "ok missing",
  ),
  http(
    ["http-check expect status 200-399,404"],
    [httpExpect("status", "200-399,404")],
    "missing broken",
  ),
  http(
    ["http-check expect hdr name X-A value one"],
    [httpExpect("hdr", "name X-A value one")],
    "ok",
  ),
  http(
    ["http-check expect fhdr name X-A value two"],
    [httpExpect("fhdr", "name X-A value two")],
    "ok",
  ),
  http(
    ["http-check expect status 200 comment cc on-error bad"],
    [httpExpect("status", "200", { comment: "cc", onError: "bad" })],
    "missing mute silent",
  ),
  http(
    ["http-check expect rstring body comment cc on-success okay"],
    [httpExpect("rstring", "body", { comment: "cc", onSuccess: "okay" })],
    "ok mute",
  ),
  http(
    ["http-check expect status 200 error-status L7OKC"],
    [httpExpect("status", "200", { errorStatus: "L7OKC" })],
    "missing",
  ),
  http(
    ["http-check connect ssl", "http-check send meth GET uri /"],
    [connectRule({ tls: true }), httpSend("GET", "/", "HTTP/1.0")],
    "tlsOk close silent",
  ),
];

export const SCENARIOS: readonly Scenario[] = [...PLAIN, ...TCP, ...HTTP];

/** Scripted agents. What HAProxy says of a line without an end varies, so none sends that. */
export const AGENTS: readonly string[] = [
  "agentUp",
  "agentDown",
  "agentOdd",
  "agentWarn",
  "close",
  "refuse",
  "silent",
];
