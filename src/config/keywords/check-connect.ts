// { tcp-check | http-check } connect [default] [port <expr>] [addr <ip>] [send-proxy] [ssl]
//     [sni <sni>] [alpn <alpn>] [linger] [comment <msg>]   (haproxy configuration §4.2)
import { parseAddressWord } from "../address.ts";
import type { Mutable } from "../draft.ts";
import type { Line } from "../line.ts";
import type { CheckConnect } from "../model/check.ts";
import { parseNatural } from "../values.ts";
import { parseAlpn } from "./tls.ts";

/** Takes the words after `connect`; `keyword` is `tcp-check` or `http-check`. */
export function takeCheckConnect(line: Line, keyword: string): CheckConnect | undefined {
  const rule: Mutable<CheckConnect> = {
    kind: "connect",
    default: false,
    tls: false,
    sendProxy: false,
    linger: false,
    position: line.position(0),
  };
  for (let word = line.take(); word !== undefined; word = line.take()) {
    const problem = takeConnectWord(line, rule, word);
    if (problem === undefined) continue;
    line.alert(`'${keyword} connect' : ${problem}`);
    return undefined;
  }
  return rule;
}

/** Takes one word and its argument; the text of an alert, or nothing. */
function takeConnectWord(
  line: Line,
  rule: Mutable<CheckConnect>,
  word: string,
): string | undefined {
  switch (word) {
    case "default":
      rule.default = true;
      return undefined;
    case "ssl":
      rule.tls = true;
      return undefined;
    case "send-proxy":
      rule.sendProxy = true;
      return undefined;
    case "linger":
      rule.linger = true;
      return undefined;
    case "port":
    case "addr":
    case "sni":
    case "alpn":
    case "comment":
      return takeConnectArgument(rule, word, line.take());
    case "via-socks4":
      return "'via-socks4' is not served by Tandem.";
    case "proto":
      line.take();
      return undefined;
    default:
      return (
        "expects 'comment', 'port', 'addr', 'send-proxy', 'ssl', 'sni', 'alpn', 'linger' " +
        `or 'default' but got '${word}' as argument.`
      );
  }
}

function takeConnectArgument(
  rule: Mutable<CheckConnect>,
  word: "port" | "addr" | "sni" | "alpn" | "comment",
  value: string | undefined,
): string | undefined {
  if (value === undefined || value === "") return `'${word}' expects an argument.`;
  if (word === "sni" || word === "comment") rule[word] = value;
  else if (word === "alpn") rule.alpn = parseAlpn(value);
  else if (word === "addr") return setHost(rule, value);
  else {
    const port = parseNatural(value);
    if (port === undefined || port === 0 || port > 65_535) {
      return `expects a port between 1 and 65535 after 'port' (got '${value}').`;
    }
    rule.port = port;
  }
  return undefined;
}

function setHost(rule: Mutable<CheckConnect>, value: string): string | undefined {
  const address = parseAddressWord(value);
  if (address.kind !== "ip") return `'addr' : invalid address: '${value}'.`;
  rule.host = address.host;
  if (address.port.kind === "range") rule.port = address.port.first;
  return undefined;
}
