// mqtt-limit <what> ...   (ours; docs/mqtt.md)
import { compileRegex } from "../../rules/regex.ts";
import type { Mutable, ProxyDraft } from "../draft.ts";
import { FRONTEND_SIDE, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { MqttLimits, MqttRateLimit, MqttTakeoverLimit } from "../model/mqtt-limits.ts";
import { parseNatural } from "../values.ts";

const NAME = "mqtt-limit";
const KINDS = ["connect-size", "keepalive", "client-id", "rate", "takeover", "off"] as const;
const KEYS: readonly MqttRateLimit["by"][] = ["client-id", "src", "listener"];
const PERIODS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function parse(line: Line, draft: ProxyDraft): void {
  const kind = line.take() ?? "";
  const limits: Mutable<MqttLimits> = { rates: [], ...draft.mqttLimits };
  switch (kind) {
    case "off":
      if (line.expectEnd(`${NAME} off`)) delete draft.mqttLimits;
      return;
    case "connect-size": {
      const text = `'${NAME} connect-size' expects a size in bytes.`;
      const size = line.takeSize(`'${NAME} connect-size'`, text);
      if (size === undefined) return;
      limits.connectBytesMax = size;
      break;
    }
    case "keepalive":
      if (!takeKeepalive(line, limits)) return;
      break;
    case "client-id": {
      const pattern = line.takeWord(`'${NAME} client-id' expects a regular expression.`);
      if (pattern === undefined) return;
      const compiled = compileRegex(pattern, "");
      if (!compiled.ok) return line.alert(`'${NAME} client-id': ${compiled.message}.`);
      limits.clientId = pattern;
      break;
    }
    case "rate": {
      const rate = takeRate(line);
      if (rate === undefined) return;
      limits.rates = [...limits.rates, rate];
      break;
    }
    case "takeover": {
      const takeover = takeTakeover(line);
      if (takeover === undefined) return;
      limits.takeover = takeover;
      break;
    }
    default: {
      const near = line.didYouMean(kind, KINDS);
      return line.alert(`'${NAME}' expects ${KINDS.join(", ")}, found '${kind}'${near || "."}`);
    }
  }
  if (line.expectEnd(NAME)) draft.mqttLimits = limits;
}

function takeKeepalive(line: Line, limits: Mutable<MqttLimits>): boolean {
  const subject = `'${NAME} keepalive'`;
  let minMs = 0;
  let maxMs: number | undefined;
  for (let count = 0; count === 0 || !line.atEnd; count++) {
    const word = line.take() ?? "";
    if (word !== "min" && word !== "max") {
      line.alert(`${subject} expects 'min <time>' or 'max <time>', found '${word}'.`);
      return false;
    }
    const value = line.takeTime(subject, `${subject} expects a time behind '${word}'.`);
    if (value === undefined) return false;
    if (word === "min") minMs = value;
    else maxMs = value;
  }
  if (maxMs !== undefined && maxMs < minMs) {
    line.alert(`${subject} has a 'max' of ${maxMs} ms below its 'min' of ${minMs} ms.`);
    return false;
  }
  limits.keepaliveMinMs = minMs;
  if (maxMs === undefined) delete limits.keepaliveMaxMs;
  else limits.keepaliveMaxMs = maxMs;
  return true;
}

/** <n>/{ s | m | h } */
function takeCount(line: Line, subject: string): { count: number; periodMs: number } | undefined {
  const word = line.take() ?? "";
  const [text, unit = "s"] = word.split("/");
  const count = parseNatural(text);
  const periodMs = Object.hasOwn(PERIODS_MS, unit) ? PERIODS_MS[unit] : undefined;
  if (count !== undefined && count >= 1 && periodMs !== undefined) return { count, periodMs };
  line.alert(`${subject} expects a number per s, m or h, such as 10/m, found '${word}'.`);
  return undefined;
}

/** <n>/{ s | m | h } { ban <time> | delay <time> } */
function takeTakeover(line: Line): MqttTakeoverLimit | undefined {
  const subject = `'${NAME} takeover'`;
  const counted = takeCount(line, subject);
  if (counted === undefined) return undefined;
  const word = line.take() ?? "";
  if (word !== "ban" && word !== "delay") {
    line.alert(`${subject} expects 'ban <time>' or 'delay <time>', found '${word}'.`);
    return undefined;
  }
  const valueMs = line.takeTime(subject, `${subject} expects a time behind '${word}'.`);
  if (valueMs === undefined) return undefined;
  return word === "ban" ? { ...counted, banMs: valueMs } : { ...counted, delayMs: valueMs };
}

/** <n>/{ s | m | h } [burst <n>] by { client-id | src | listener } [ban <time>] */
function takeRate(line: Line): MqttRateLimit | undefined {
  const subject = `'${NAME} rate'`;
  const counted = takeCount(line, subject);
  if (counted === undefined) return undefined;
  const { count, periodMs } = counted;
  let burst = count;
  if (line.takeIf("burst")) {
    const found = line.take();
    const value = parseNatural(found);
    if (value === undefined || value < 1) {
      line.alert(`${subject} expects a number behind 'burst', found '${found ?? ""}'.`);
      return undefined;
    }
    burst = value;
  }
  const found = line.takeIf("by") ? line.take() : undefined;
  const by = KEYS.find((key) => key === found);
  if (by === undefined) {
    line.alert(
      `${subject} expects 'by' ${KEYS.join(", ")}, found '${found ?? line.peek() ?? ""}'.`,
    );
    return undefined;
  }
  if (!line.takeIf("ban")) return { by, count, periodMs, burst };
  const banMs = line.takeTime(subject, `${subject} expects a time behind 'ban'.`);
  return banMs === undefined ? undefined : { by, count, periodMs, burst, banMs };
}

/** `mqtt-limit`. */
export const MQTT_LIMIT_KEYWORD: Keyword<ProxyDraft> = served({
  name: NAME,
  sections: FRONTEND_SIDE,
  grammar:
    "{ connect-size <size> | keepalive [min <time>] [max <time>] | client-id <regex> | " +
    "rate <number>/{ s | m | h } [burst <number>] by { client-id | src | listener } [ban <time>] | " +
    "takeover <number>/{ s | m | h } { ban <time> | delay <time> } | off }",
  summary:
    "Which CONNECTs are admitted, and how often; others are rejected, with `option mqtt-refuse` by a " +
    "CONNACK that says why. See docs/mqtt.md.",
  default: "no limits; burst is the number of the rate",
  ours: true,
  parse,
});
