// The words after the address of a `bind` line (haproxy configuration §5.1), one table.
import type { Mutable } from "../draft.ts";
import type { Line } from "../line.ts";
import type { Bind, UnixAccess } from "../model/bind.ts";
import type { BindTls } from "../model/tls.ts";
import { parseNatural, parseTime, valueProblem } from "../values.ts";
import { parseAlpn, takeVersionWord } from "./tls.ts";

/** What the words of one line say; shared by all addresses of the line. */
export interface BindWords {
  readonly bind: Mutable<Omit<Bind, "address" | "position" | "access" | "tls">>;
  readonly access: Mutable<UnixAccess>;
  readonly tls: Mutable<BindTls>;
  ssl: boolean;
}

/** One word: its argument in manual notation, one line about it, and how it is read. */
export interface BindWord {
  readonly grammar: string;
  readonly summary: string;
  readonly status?: "ignored" | "refused";
  readonly read: (line: Line, words: BindWords, fail: (message: string) => void) => void;
}

type Fail = (message: string) => void;

/** Words with nothing set, or those of another line. */
export function newBindWords(defaults?: Omit<Bind, "address">): BindWords {
  if (defaults !== undefined) return copyOf(defaults);
  return {
    bind: { acceptProxy: false, transparent: false, v4v6: false, v6only: false },
    access: {},
    tls: { crt: [], crtList: [], verify: "none", strictSni: false },
    ssl: false,
  };
}

function copyOf({ position: _position, access, tls, ...bind }: Omit<Bind, "address">): BindWords {
  const { tls: noTls } = newBindWords();
  return {
    bind: { ...bind },
    access: { ...access },
    tls: { ...(tls ?? noTls) },
    ssl: tls !== undefined,
  };
}

function flag(summary: string, set: (words: BindWords) => void): BindWord {
  return {
    grammar: "",
    summary,
    read: (_line, words) => {
      set(words);
    },
  };
}

function text(
  grammar: string,
  summary: string,
  set: (words: BindWords, value: string, fail: Fail) => void,
): BindWord {
  return {
    grammar,
    summary,
    read: (line, words, fail) => {
      const value = line.take();
      if (value === undefined || value === "") fail("missing value");
      else set(words, value, fail);
    },
  };
}

function natural(summary: string, set: (words: BindWords, value: number) => void): BindWord {
  return text("<number>", summary, (words, word, fail) => {
    const value = parseNatural(word);
    if (value === undefined) fail(`invalid value '${word}'`);
    else set(words, value);
  });
}

function ignoredWord(grammar: "" | "<arg>", summary: string): BindWord {
  return {
    grammar,
    summary,
    status: "ignored",
    read: (line) => {
      if (grammar !== "") line.take();
    },
  };
}

function refusedWord(grammar: "" | "<arg>", hint: string): BindWord {
  return {
    grammar,
    summary: hint,
    status: "refused",
    read: (line, _words, fail) => {
      if (grammar !== "") line.take();
      fail(`not served by Tandem (${hint})`);
    },
  };
}

function tlsVersion(grammar: string, summary: string): BindWord {
  return {
    grammar,
    summary,
    read: (line, words) => {
      takeVersionWord(line, line.words[line.index - 1]!, words.tls, "");
    },
  };
}

const LEVELS = ["user", "operator", "admin"] as const;

const SOCKET_WORDS: readonly (readonly [string, BindWord])[] = [
  ["accept-proxy", flag("Expects a PROXY header.", (w) => (w.bind.acceptProxy = true))],
  ["backlog", natural("Length of the accept queue.", (w, v) => (w.bind.backlog = v))],
  ["defer-accept", ignoredWord("", "Has no effect here: the first packet is waited for anyway.")],
  ["expose-fd", ignoredWord("<arg>", "Has no effect: there is no second process.")],
  ["gid", natural("Owner group of a unix socket.", (w, v) => (w.access.group = v))],
  ["group", text("<name>", "Owner group of a unix socket.", (w, v) => (w.access.group = v))],
  ["id", natural("Identifier in statistics.", (w, v) => (w.bind.id = v))],
  ["interface", text("<name>", "Device to listen on.", (w, v) => (w.bind.interface = v))],
  [
    "level",
    text("{ user | operator | admin }", "Rights on a stats socket.", (w, value, fail) => {
      const level = LEVELS.find((name) => name === value);
      if (level !== undefined) w.bind.level = level;
      else fail(`'level' only supports 'user', 'operator', and 'admin' (got '${value}')`);
    }),
  ],
  ["maxconn", natural("Connections of this listener.", (w, v) => (w.bind.maxconn = v))],
  [
    "mode",
    text("<octal>", "Permissions of a unix socket.", (w, value, fail) => {
      if (/^[0-7]{1,4}$/.test(value)) w.access.mode = Number.parseInt(value, 8);
      else fail(`'mode' expects an octal number (got '${value}')`);
    }),
  ],
  ["mss", ignoredWord("<arg>", "Has no effect: Node cannot set it.")],
  ["name", text("<name>", "Name in statistics.", (w, v) => (w.bind.name = v))],
  ["namespace", refusedWord("<arg>", "start Tandem inside the namespace instead")],
  ["nice", ignoredWord("<arg>", "Has no effect: all listeners are served alike.")],
  ["process", ignoredWord("<arg>", "Has no effect: there is one process.")],
  ["proto", ignoredWord("<arg>", "Has no effect on TCP.")],
  ["accept-netscaler-cip", refusedWord("<arg>", "use accept-proxy")],
  ["severity-output", ignoredWord("<arg>", "Has no effect.")],
  ["shards", ignoredWord("<arg>", "Has no effect: there is one process.")],
  [
    "tcp-ut",
    text("<delay>", "TCP user timeout.", (w, word, fail) => {
      const value = parseTime(word);
      if (value.ok) w.bind.tcpUserTimeoutMs = value.value;
      else fail(valueProblem(value, word, "'tcp-ut'"));
    }),
  ],
  ["tfo", ignoredWord("", "Has no effect: Node cannot set it.")],
  ["thread", ignoredWord("<arg>", "Has no effect: there is one process.")],
  ["transparent", flag("Accepts foreign addresses.", (w) => (w.bind.transparent = true))],
  ["uid", natural("Owner of a unix socket.", (w, v) => (w.access.user = v))],
  ["user", text("<name>", "Owner of a unix socket.", (w, v) => (w.access.user = v))],
  ["v4v6", flag("Takes IPv4 on an IPv6 address too.", (w) => (w.bind.v4v6 = true))],
  ["v6only", flag("Takes IPv6 only.", (w) => (w.bind.v6only = true))],
];

const TLS_WORDS: readonly (readonly [string, BindWord])[] = [
  ["ssl", flag("Terminates TLS.", (w) => (w.ssl = true))],
  ["allow-0rtt", ignoredWord("", "Has no effect: early data is never accepted.")],
  ["alpn", text("<protocols>", "Protocols offered.", (w, v) => (w.tls.alpn = parseAlpn(v)))],
  ["ca-file", text("<file>", "CAs of client certificates.", (w, v) => (w.tls.caFile = v))],
  ["ca-ignore-err", refusedWord("<arg>", "errors of CAs cannot be ignored")],
  ["ca-sign-file", refusedWord("<arg>", "certificates are not generated")],
  ["ca-sign-pass", refusedWord("<arg>", "certificates are not generated")],
  ["ca-verify-file", refusedWord("<arg>", "use ca-file")],
  ["ciphers", text("<list>", "Ciphers up to TLS 1.2.", (w, v) => (w.tls.ciphers = v))],
  ["ciphersuites", text("<list>", "TLS 1.3 suites.", (w, v) => (w.tls.ciphersuites = v))],
  ["crl-file", text("<file>", "Revoked certificates.", (w, v) => (w.tls.crlFile = v))],
  [
    "crt",
    text("<file|folder>", "Certificate and key, PEM; repeatable.", (w, v) => {
      w.tls.crt = [...w.tls.crt, v];
    }),
  ],
  ["crt-ignore-err", refusedWord("<arg>", "errors of certificates cannot be ignored")],
  [
    "crt-list",
    text("<file>", "List of certificates.", (w, v) => (w.tls.crtList = [...w.tls.crtList, v])),
  ],
  ["curves", text("<list>", "Elliptic curves.", (w, v) => (w.tls.curves = v))],
  ["ecdhe", text("<curve>", "Elliptic curve.", (w, v) => (w.tls.curves = v))],
  ["force-sslv3", refusedWord("", "SSLv3 is broken")],
  ...["force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13"].map(
    (name) => [name, tlsVersion("", "Only this version.")] as const,
  ),
  ["generate-certificates", refusedWord("", "certificates are not generated")],
  ["no-ca-names", ignoredWord("", "Has no effect.")],
  ["no-tls-tickets", tlsVersion("", "Issues no session tickets: every handshake is a full one.")],
  ["no-sslv3", ignoredWord("", "SSLv3 is never offered.")],
  ...["no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13"].map(
    (name) => [name, tlsVersion("", "Leaves this version out.")] as const,
  ),
  ["npn", refusedWord("<arg>", "use alpn")],
  ["prefer-client-ciphers", ignoredWord("", "Has no effect.")],
  ["ssl-max-ver", tlsVersion("<version>", "Newest version.")],
  ["ssl-min-ver", tlsVersion("<version>", "Oldest version.")],
  ["strict-sni", flag("Refuses unknown server names.", (w) => (w.tls.strictSni = true))],
  [
    "tls-ticket-keys",
    text("<file>", "Keys of session tickets, for all nodes: docs/tls.md.", (w, v) => {
      w.tls.ticketKeysFile = v;
    }),
  ],
  [
    "verify",
    text("{ none | optional | required }", "Client certificates.", (w, value, fail) => {
      if (value === "none" || value === "optional" || value === "required") w.tls.verify = value;
      else {
        fail(
          `'verify' : unknown verify method '${value}', only 'none', 'optional', ` +
            "and 'required' are supported",
        );
      }
    }),
  ],
];

/** All words of a bind line. */
export const BIND_WORDS: ReadonlyMap<string, BindWord> = new Map([...SOCKET_WORDS, ...TLS_WORDS]);
