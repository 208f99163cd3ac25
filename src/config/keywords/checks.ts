// Scripts of health checks: option tcp-check, option httpchk, tcp-check and http-check rules
// (haproxy configuration §4.2).
import type { ProxyDraft } from "../draft.ts";
import { BACKEND_SIDE, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { HttpCheckRule, TcpCheckRule } from "../model/check.ts";
import { takeCheckConnect } from "./check-connect.ts";
import { isHex, takeCheckExpect } from "./check-expect.ts";
import { parseHttpSend } from "./check-http-send.ts";
import { parseMqttCheck } from "./check-mqtt.ts";

const TCP_KNOWN =
  "'tcp-check' only supports 'comment', 'connect', 'send', 'send-binary', 'expect'.";
const HTTP_KNOWN =
  "'http-check' only supports 'disable-on-404', 'send-state', 'comment', 'connect', 'send', " +
  "'expect'.";

function comment(line: Line, keyword: string): string | undefined {
  if (line.takeIf("comment")) return line.takeWord(`'${keyword}' : 'comment' expects a string.`);
  line.expectEnd(keyword);
  return undefined;
}

/** tcp-check { comment | connect | send | send-binary | expect } ... */
function parseTcpCheck(line: Line, draft: ProxyDraft): void {
  const rule = takeTcpCheckRule(line);
  if (rule === undefined) return;
  draft.tcpCheckRules = draft.inheritsTcpCheck ? [rule] : [...draft.tcpCheckRules, rule];
  draft.inheritsTcpCheck = false;
}

function takeTcpCheckRule(line: Line): TcpCheckRule | undefined {
  const word = line.take();
  switch (word) {
    case "comment": {
      const text = line.takeWord("'tcp-check comment' : expects a string as argument.");
      return text === undefined
        ? undefined
        : { kind: "comment", comment: text, position: line.position(0) };
    }
    case "connect":
      return takeCheckConnect(line, "tcp-check");
    case "send":
    case "send-binary":
      return takeTcpSend(line, word);
    case "expect":
      return takeCheckExpect(line, "tcp-check", ["string", "rstring", "binary", "rbinary"]);
    case undefined:
    default:
      refuseCheckWord(line, word, "tcp-check", TCP_KNOWN);
      return undefined;
  }
}

function takeTcpSend(line: Line, word: "send" | "send-binary"): TcpCheckRule | undefined {
  const label = `'tcp-check ${word}'`;
  const data = line.takeWord(
    `${label} : expects a ${word === "send" ? "string" : "hex string"} as argument.`,
  );
  if (data === undefined) return undefined;
  if (word === "send-binary" && !isHex(data)) {
    line.alert(
      `${label} : '${data}' invalid binary string (an even number of hex digit is expected).`,
    );
    return undefined;
  }
  const bytes =
    word === "send"
      ? Buffer.from(data, "utf8").toString("latin1")
      : Buffer.from(data, "hex").toString("latin1");
  const text = comment(line, `tcp-check ${word}`);
  const base = { kind: "send", bytes, position: line.position(0) } as const;
  return text === undefined ? base : { ...base, comment: text };
}

/** http-check { comment | connect | disable-on-404 | expect | send | send-state } ... */
function parseHttpCheck(line: Line, draft: ProxyDraft): void {
  const word = line.take();
  let rule: HttpCheckRule | undefined;
  switch (word) {
    case "comment": {
      const text = line.takeWord("'http-check comment' : expects a string as argument.");
      if (text !== undefined) rule = { kind: "comment", comment: text, position: line.position(0) };
      break;
    }
    case "connect":
      rule = takeCheckConnect(line, "http-check");
      break;
    case "send":
      rule = parseHttpSend(line, draft);
      break;
    case "expect":
      rule = takeCheckExpect(line, "http-check", [
        "status",
        "rstatus",
        "string",
        "rstring",
        "hdr",
        "fhdr",
      ]);
      break;
    case "send-state":
      line.warn("'http-check send-state' has no effect in Tandem and is ignored.", { word: 0 });
      return;
    case undefined:
    default:
      refuseCheckWord(line, word, "http-check", HTTP_KNOWN);
  }
  if (rule === undefined) return;
  draft.httpCheckRules = draft.inheritsHttpCheck ? [rule] : [...draft.httpCheckRules, rule];
  draft.inheritsHttpCheck = false;
}

/** Alerts about a word that HAProxy knows and we do not, or that nobody knows. */
function refuseCheckWord(
  line: Line,
  word: string | undefined,
  keyword: string,
  known: string,
): void {
  if (
    word !== undefined &&
    /^(set-var.*|unset-var.*|send-lf|send-binary-lf|disable-on-404)$/.test(word)
  ) {
    line.alert(`'${keyword} ${word}' is not served by Tandem.`);
  } else line.alert(`${known.slice(0, -1)}. but got '${word ?? ""}'`, { word: 1 });
}

/** option httpchk [<method>] [<uri>] [<version>], or option httpchk <uri> */
function parseHttpchk(line: Line, draft: ProxyDraft, negated: boolean): void {
  if (negated) {
    line.alert("negation/default is not supported for option 'httpchk'.");
    return;
  }
  draft.checkKind = "httpchk";
  const words = line.takeRest();
  if (words.length > 3) {
    line.alert(`'option httpchk' cannot handle unexpected argument '${words[3] ?? ""}'.`, {
      word: 5,
      hint: "Give headers with 'http-check send hdr <name> <value>'.",
    });
    return;
  }
  const full = words.length === 1 ? ["OPTIONS", ...words] : words;
  const [method = "OPTIONS", uri = "/", version = "HTTP/1.0"] = full;
  draft.httpCheckRequest = { method, uri, version };
}

/** `option tcp-check`, `option httpchk`, `option mqtt-check`, `tcp-check`, `http-check`. */
export const CHECK_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  served({
    name: "option tcp-check",
    sections: BACKEND_SIDE,
    grammar: "",
    summary: "Checks run the `tcp-check` rules.",
    negatable: true,
    parse: (line, draft, negated) => {
      if (line.expectEnd("option tcp-check")) draft.checkKind = negated ? "tcp" : "tcp-check";
    },
  }),
  served({
    name: "option httpchk",
    sections: BACKEND_SIDE,
    grammar: "[<method>] [<uri>] [<version>]",
    summary: "Checks send an HTTP request.",
    negatable: true,
    parse: parseHttpchk,
  }),
  served({
    name: "option mqtt-check",
    sections: BACKEND_SIDE,
    grammar:
      "[version 3.1.1|5] [client-id <prefix>] [username <name> [password <secret>]] " +
      "[keepalive <time>] [publish <topic> [within <time>]] [ws [<path>]] " +
      "[slow <time> [slow-weight <percent>]]",
    summary:
      "Checks connect as an MQTT client and judge the CONNACK; with `publish` a message must come " +
      "back, with `ws` all this goes through WebSocket; with `slow` a server whose answers take longer has less " +
      "weight, `slow-weight` of it at least (10%). Servers without `inter` are checked every " +
      "500ms, with `fastinter 100ms fall 2`. See docs/mqtt.md.",
    negatable: true,
    ours: true,
    parse: parseMqttCheck,
  }),
  served({
    name: "tcp-check",
    sections: BACKEND_SIDE,
    grammar: "{ comment | connect | send | send-binary | expect } ...",
    summary: "One step of a TCP check.",
    parse: parseTcpCheck,
  }),
  served({
    name: "http-check",
    sections: BACKEND_SIDE,
    grammar: "{ comment | connect | send | expect } ...",
    summary: "One step of an HTTP check.",
    parse: parseHttpCheck,
  }),
];
