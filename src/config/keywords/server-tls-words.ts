// The words of `server` lines about TLS (haproxy configuration §5.2).
import { parseOneWordExpression } from "../../rules/parse-sample.ts";
import { flagWord, ignoredServerWord, refusedServerWord, textWord } from "./server-word.ts";
import type { ServerWordEntry } from "./server-word.ts";
import { parseAlpn, takeVersionWord } from "./tls.ts";

/** The words about TLS. */
export const SERVER_TLS_WORDS: readonly ServerWordEntry[] = [
  flagWord("ssl", "Speaks TLS to the server.", (s) => (s.ssl = true)),
  flagWord("no-ssl", "Undoes `ssl`.", (s) => (s.ssl = false)),
  ignoredServerWord("allow-0rtt", false, "Has no effect: early data is never sent."),
  textWord("alpn", "<protocols>", "Protocols offered.", (s, v) => (s.tls.alpn = parseAlpn(v))),
  textWord("ca-file", "<file>", "CAs to trust.", (s, v) => (s.tls.caFile = v)),
  textWord("ciphers", "<list>", "Ciphers up to TLS 1.2.", (s, v) => (s.tls.ciphers = v)),
  textWord("ciphersuites", "<list>", "TLS 1.3 suites.", (s, v) => (s.tls.ciphersuites = v)),
  textWord("crl-file", "<file>", "Revoked certificates.", (s, v) => (s.tls.crlFile = v)),
  textWord("crt", "<file>", "Client certificate and key.", (s, v) => (s.tls.crt = v)),
  textWord("curves", "<list>", "Elliptic curves.", (s, v) => (s.tls.curves = v)),
  refusedServerWord("force-sslv3", false, "SSLv3 is broken"),
  ignoredServerWord("no-sslv3", false, "SSLv3 is never offered."),
  ...[
    "force-tlsv10",
    "force-tlsv11",
    "force-tlsv12",
    "force-tlsv13",
    "no-tlsv10",
    "no-tlsv11",
    "no-tlsv12",
    "no-tlsv13",
    "no-tls-tickets",
    "tls-tickets",
  ].map((name) => versionWord(name, "")),
  versionWord("ssl-min-ver", "<version>"),
  versionWord("ssl-max-ver", "<version>"),
  flagWord("no-ssl-reuse", "Never resumes sessions.", (s) => (s.tls.reuse = false)),
  flagWord("ssl-reuse", "Undoes `no-ssl-reuse`.", (s) => (s.tls.reuse = true)),
  refusedServerWord("npn", true, "use alpn"),
  textWord("sni", "<expression>", "Server name that is asked for.", (s, value, fail) => {
    const expression = parseOneWordExpression([value], 0);
    if (expression.ok) s.tls.sni = expression.value;
    else fail(`error detected while parsing sni expression : ${expression.message}`);
  }),
  textWord("verify", "{ none | required }", "Whether certificates are verified.", (s, v, fail) => {
    if (v === "none" || v === "required") {
      s.tls.verify = v;
      s.tls.verifySet = true;
    } else {
      fail(`'verify' : unknown verify method '${v}', only 'none' and 'required' are supported`);
    }
  }),
  textWord("verifyhost", "<name>", "Name to find in it.", (s, v) => (s.tls.verifyHost = v)),
];

function versionWord(name: string, grammar: string): ServerWordEntry {
  return [
    name,
    {
      grammar,
      summary: "Versions of TLS.",
      read: (line, server) => {
        takeVersionWord(line, name, server.tls, "");
      },
    },
  ];
}
