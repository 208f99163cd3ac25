// The words of `server` and `default-server` lines about load, state and addresses (haproxy
// configuration §5.2).
import type { Line } from "../line.ts";
import type { SourceSettings } from "../model/proxy.ts";
import type { SendProxy } from "../model/server.ts";
import type { ServerDraft } from "../server-draft.ts";
import { CONNECT_RATE_WORD } from "./connect-rate.ts";
import { CHECK_WORDS } from "./server-check-words.ts";
import { SERVER_TLS_WORDS } from "./server-tls-words.ts";
import {
  flagWord,
  ignoredServerWord,
  naturalWord,
  refusedServerWord,
  textWord,
  timeWord,
} from "./server-word.ts";
import type { Fail, ServerWord, ServerWordEntry } from "./server-word.ts";
import { takeSourceSettings } from "./source.ts";

const LOAD_WORDS: readonly ServerWordEntry[] = [
  flagWord("backup", "Used only when no other server is usable.", (s) => (s.backup = true)),
  flagWord("no-backup", "Undoes `backup`.", (s) => (s.backup = false)),
  textWord("cookie", "<value>", "Cookie value; needs HTTP.", (s, v) => (s.cookie = v)),
  flagWord("disabled", "Starts in maintenance.", (s) => (s.disabled = true)),
  flagWord("enabled", "Undoes `disabled`.", (s) => (s.disabled = false)),
  naturalWord("id", "Identifier, unique in the backend.", (s, v, fail) => {
    if (v > 0) s.id = v;
    else fail("'id' : custom id has to be > 0");
  }),
  naturalWord("maxconn", "Connections at once; 0: no limit.", (s, v) => (s.maxconn = v)),
  naturalWord("maxqueue", "Length of its queue; 0: no limit.", (s, v) => (s.maxqueue = v)),
  naturalWord("minconn", "Lower bound of the dynamic limit.", (s, v) => (s.minconn = v)),
  CONNECT_RATE_WORD,
  flagWord("non-stick", "Not stored in stick tables.", (s) => (s.nonStick = true)),
  flagWord("stick", "Undoes `non-stick`.", (s) => (s.nonStick = false)),
  timeWord("slowstart", "Ramp after coming back.", (s, v) => (s.slowstartMs = v)),
  naturalWord(
    "weight",
    "Share of the load, 0..256.",
    (s, v, fail) => {
      if (v <= 256) s.weight = v;
      else fail(`weight of server ${s.name} is not within 0 and 256 (${v}).`);
    },
    { default: "1" },
  ),
];

const ADDRESS_WORDS: readonly ServerWordEntry[] = [
  textWord("init-addr", "<method>[,...]", "How names are resolved at start.", readInitAddr),
  textWord("resolvers", "<id>", "Section that resolves the name.", (s, v) => (s.resolvers = v)),
  textWord("resolve-prefer", "{ ipv4 | ipv6 }", "Preferred family.", (s, value, fail) => {
    if (value === "ipv4" || value === "ipv6") s.resolvePrefer = value === "ipv4" ? 4 : 6;
    else fail(`'resolve-prefer' expects either ipv4 or ipv6 as argument.`);
  }),
  ignoredServerWord("resolve-opts", true, "Has no effect."),
  ignoredServerWord("resolve-net", true, "Has no effect."),
  [
    "source",
    {
      grammar: "<addr>[:<port>[-<port>]] [usesrc { client | clientip }] [interface <name>]",
      summary: "Address that connections come from.",
      read: readSource,
    },
  ],
  timeWord("tcp-ut", "TCP user timeout.", (s, v) => (s.tcpUserTimeoutMs = v)),
  refusedServerWord("namespace", true, "start Tandem inside the namespace instead"),
  refusedServerWord("socks4", true, "SOCKS is not spoken"),
  refusedServerWord("redir", true, "it needs HTTP"),
  ...["ws", "proto", "log-proto", "max-reuse", "pool-low-conn", "pool-max-conn"].map((name) =>
    ignoredServerWord(name, true, "Has no effect on TCP."),
  ),
  ignoredServerWord("pool-purge-delay", true, "Has no effect on TCP."),
  ignoredServerWord("tfo", false, "Has no effect: Node cannot set it."),
  ignoredServerWord("no-tfo", false, "Has no effect: Node cannot set it."),
];

const PROXY_WORDS: readonly ServerWordEntry[] = [
  proxyWord("send-proxy", 1, []),
  proxyWord("send-proxy-v2", 2, []),
  proxyWord("send-proxy-v2-ssl", 2, ["ssl"]),
  proxyWord("send-proxy-v2-ssl-cn", 2, ["ssl", "cert-cn"]),
  ...["no-send-proxy", "no-send-proxy-v2", "no-send-proxy-v2-ssl", "no-send-proxy-v2-ssl-cn"].map(
    (name) =>
      flagWord(name, "Undoes the word without `no-`.", (s) => {
        delete s.sendProxy;
      }),
  ),
  textWord("proxy-v2-options", "<option>[,...]", "TLVs of the header.", readProxyOptions),
];

/** All words of a server line. */
export const SERVER_WORDS: ReadonlyMap<string, ServerWord> = new Map([
  ...LOAD_WORDS,
  ...CHECK_WORDS,
  ...ADDRESS_WORDS,
  ...PROXY_WORDS,
  ...SERVER_TLS_WORDS,
]);

type ProxyOption = SendProxy["options"][number];

function proxyWord(name: string, version: 1 | 2, options: readonly ProxyOption[]): ServerWordEntry {
  return flagWord(name, `Sends a PROXY header, version ${version}.`, (s) => {
    s.sendProxy = { version, options };
  });
}

const OPTION_NAMES: readonly ProxyOption[] = [
  "ssl",
  "cert-cn",
  "ssl-cipher",
  "cert-sig",
  "cert-key",
  "authority",
  "crc32c",
];

function readProxyOptions(server: ServerDraft, value: string, fail: Fail): void {
  const options: ProxyOption[] = [];
  for (const name of value.split(",")) {
    const option = OPTION_NAMES.find((known) => known === name);
    if (option !== undefined) options.push(option);
    else if (name === "unique-id") fail("'unique-id' : proxy v2 option needs HTTP.");
    else fail(`'${name}' : unknown proxy v2 option, expected ${OPTION_NAMES.join(", ")}`);
  }
  server.proxyOptions = options;
}

function readInitAddr(server: ServerDraft, value: string, fail: Fail): void {
  const methods = value.split(",");
  const bad = methods.find(
    (m) => !["libc", "last", "none"].includes(m) && !/^[\d.:a-f]+$/i.test(m),
  );
  if (bad === undefined) server.initAddr = methods;
  else {
    fail(
      `'init-addr' : unknown init-addr method '${bad}', supported methods are ` +
        "'libc', 'last', 'none'.",
    );
  }
}

function readSource(line: Line, server: ServerDraft, fail: Fail): void {
  const source: SourceSettings | undefined = takeSourceSettings(line, fail);
  if (source !== undefined) server.source = source;
}
