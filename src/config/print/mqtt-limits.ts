// `mqtt-limit` lines.
import type { MqttLimits, MqttRateLimit, MqttTakeoverLimit } from "../model/mqtt-limits.ts";
import { pair, printOwnLine, timePair } from "./line.ts";

const NAME = "mqtt-limit";
const UNITS: Readonly<Record<number, string>> = { 1_000: "s", 60_000: "m", 3_600_000: "h" };

/** All limits of a frontend. */
export function printMqttLimits(limits: MqttLimits | undefined): string {
  if (limits === undefined) return "";
  const { connectBytesMax, keepaliveMinMs, keepaliveMaxMs, clientId, rates, takeover } = limits;
  const keepalive = [...timePair("min", keepaliveMinMs), ...timePair("max", keepaliveMaxMs)];
  return [
    connectBytesMax === undefined ? "" : printOwnLine(`${NAME} connect-size`, connectBytesMax),
    keepalive.length === 0 ? "" : printOwnLine(`${NAME} keepalive`, ...keepalive),
    clientId === undefined ? "" : printOwnLine(`${NAME} client-id`, clientId),
    ...rates.map(printRate),
    takeover === undefined ? "" : printTakeover(takeover),
  ].join("");
}

function printTakeover({ count, periodMs, banMs, delayMs }: MqttTakeoverLimit): string {
  return printOwnLine(
    `${NAME} takeover`,
    `${count}/${UNITS[periodMs]!}`,
    ...timePair("ban", banMs),
    ...timePair("delay", delayMs),
  );
}

function printRate({ by, count, periodMs, burst, banMs }: MqttRateLimit): string {
  const rate = `${count}/${UNITS[periodMs]!}`;
  return printOwnLine(
    `${NAME} rate`,
    rate,
    ...pair("burst", burst),
    ...pair("by", by),
    ...timePair("ban", banMs),
  );
}
