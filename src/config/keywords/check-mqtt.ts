// option mqtt-check [version 3.1.1|5] [client-id <prefix>] [username <name> [password <secret>]]
//     [keepalive <time>] [publish <topic> [within <time>]] [ws [<path>]] [slow <time> [slow-weight <percent>%]]
//
// A directive of Tandem. Messages never repeat a word that may be a part of the password.
import type { Mutable, ProxyDraft } from "../draft.ts";
import type { Line } from "../line.ts";
import type { MqttCheck } from "../model/check.ts";

const LABEL = "'option mqtt-check'";

const WORDS = [
  "version",
  "client-id",
  "username",
  "password",
  "keepalive",
  "publish",
  "within",
  "ws",
  "slow",
  "slow-weight",
];

/** What is left of a slow server's weight unless `slow-weight` says otherwise. */
const SLOW_PERCENT_MIN_DEFAULT = 10;

/** The longest keep-alive that CONNECT can say, s (MQTT 3.1.1 §3.1.2.10). */
const KEEPALIVE_S_MAX = 65_535;

/** Bytes of a text in MQTT (§1.5.3). */
const TEXT_BYTES_MAX = 65_535;

/** Bytes of the prefix of client identifiers: what an identifier may have, less room for the ending. */
const PREFIX_BYTES_MAX = TEXT_BYTES_MAX - 64;

/** Reads the words after `option mqtt-check`. */
export function parseMqttCheck(line: Line, draft: ProxyDraft, negated: boolean): void {
  if (negated) {
    if (line.expectEnd("option mqtt-check")) draft.checkKind = "tcp";
    return;
  }
  const check: Mutable<MqttCheck> = {
    version: 4,
    clientIdPrefix: "tandem",
    keepaliveSeconds: 10,
  };
  for (let word = line.take(); word !== undefined; word = line.take()) {
    const problem = takeWord(line, check, word);
    if (problem === undefined) continue;
    if (problem !== REPORTED) line.alert(`${LABEL} ${problem}`);
    return;
  }
  if (check.password !== undefined && check.username === undefined) {
    line.alert(`${LABEL} : 'password' needs 'username <name>' before it.`);
    return;
  }
  draft.checkKind = "mqtt-check";
  draft.mqttCheck = check;
}

/** In place of the end of an alert: the alert is made already. */
const REPORTED = "";

/** Takes one word with its arguments; the end of an alert, or nothing. */
function takeWord(line: Line, check: Mutable<MqttCheck>, word: string): string | undefined {
  switch (word) {
    case "version":
      return takeVersion(line, check);
    case "client-id":
      return takeText(line, word, PREFIX_BYTES_MAX, (text) => (check.clientIdPrefix = text));
    case "username":
      return takeText(line, word, TEXT_BYTES_MAX, (text) => (check.username = text));
    case "password":
      return takeText(line, word, TEXT_BYTES_MAX, (text) => (check.password = text));
    case "keepalive": {
      const valueMs = line.takeTime(`'keepalive' of ${LABEL}`, missing(word, "a time"), "s");
      if (valueMs === undefined) return REPORTED;
      if (valueMs % 1_000 !== 0 || valueMs > KEEPALIVE_S_MAX * 1_000) {
        return `: 'keepalive' expects whole seconds from 0 to ${KEEPALIVE_S_MAX}.`;
      }
      check.keepaliveSeconds = valueMs / 1_000;
      return undefined;
    }
    case "publish":
      return takePublish(line, check);
    case "within":
      return ": 'within' stands behind 'publish <topic>'.";
    case "ws":
      return takeWebSocket(line, check);
    case "slow":
      return takeSlow(line, check);
    case "slow-weight":
      return ": 'slow-weight' stands behind 'slow <time>'.";
    default:
      return unknownWord(line, check, word);
  }
}

function takeVersion(line: Line, check: Mutable<MqttCheck>): string | undefined {
  const version = line.take();
  if (version !== "3.1.1" && version !== "5" && version !== "5.0") {
    return `: 'version' expects '3.1.1' or '5' (got '${version ?? ""}').`;
  }
  check.version = version === "3.1.1" ? 4 : 5;
  return undefined;
}

function takeText(
  line: Line,
  word: string,
  bytesMax: number,
  set: (text: string) => void,
): string | undefined {
  const text = line.take();
  if (text === undefined || text === "") return `: '${word}' expects an argument.`;
  if (Buffer.byteLength(text) > bytesMax) return `: '${word}' takes at most ${bytesMax} bytes.`;
  set(text);
  return undefined;
}

function takePublish(line: Line, check: Mutable<MqttCheck>): string | undefined {
  let topic = "";
  const problem = takeText(line, "publish", TEXT_BYTES_MAX, (text) => (topic = text));
  if (problem !== undefined) return problem;
  if (/[+#]/.test(topic)) {
    return `: 'publish' expects the name of a topic, without '+' and '#' (got '${topic}').`;
  }
  check.publish = { topic };
  if (!line.takeIf("within")) return undefined;
  const withinMs = line.takeTime(`'within' of ${LABEL}`, missing("within", "a time"));
  if (withinMs === undefined) return REPORTED;
  if (withinMs === 0) return ": 'within' expects a time above 0.";
  check.publish = { topic, withinMs };
  return undefined;
}

function takeWebSocket(line: Line, check: Mutable<MqttCheck>): string | undefined {
  const next = line.peek();
  if (next === undefined || WORDS.includes(next)) {
    check.webSocketPath = "/mqtt";
    return undefined;
  }
  if (!/^\/[!-~]*$/.test(next)) {
    return ": 'ws' expects the path of the upgrade request, for example /mqtt.";
  }
  line.take();
  check.webSocketPath = next;
  return undefined;
}

function takeSlow(line: Line, check: Mutable<MqttCheck>): string | undefined {
  const thresholdMs = line.takeTime(`'slow' of ${LABEL}`, missing("slow", "a time"));
  if (thresholdMs === undefined) return REPORTED;
  if (thresholdMs === 0) return ": 'slow' expects a time above 0.";
  check.slow = { thresholdMs, percentMin: SLOW_PERCENT_MIN_DEFAULT };
  if (!line.takeIf("slow-weight")) return undefined;
  const word = line.take() ?? "";
  const percentMin = /^\d{1,3}%?$/.test(word) ? Number.parseInt(word, 10) : 0;
  if (percentMin < 1 || percentMin > 100) {
    return `: 'slow-weight' expects a percentage from 1% to 100% (got '${word}').`;
  }
  check.slow = { thresholdMs, percentMin };
  return undefined;
}

/** A secret with a blank in it and no quotes ends here. */
function unknownWord(line: Line, check: Mutable<MqttCheck>, word: string): string {
  if (check.password !== undefined) {
    return ": unknown word behind 'password <secret>'; put quotes around a secret with blanks.";
  }
  return `: unknown word '${word}'${line.didYouMean(word, WORDS) || "."}`;
}

function missing(word: string, what: string): string {
  return `${LABEL} : '${word}' expects ${what} as argument.`;
}
