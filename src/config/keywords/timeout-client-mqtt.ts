// timeout client mqtt [min <time>] [max <time>] | off   (ours; docs/mqtt.md)
import { MQTT_IDLE_DEFAULT_MS_MAX, MQTT_IDLE_DEFAULT_MS_MIN } from "../../limits.ts";
import type { ProxyDraft } from "../draft.ts";
import { FRONTEND_SIDE, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";

const NAME = "timeout client mqtt";
const GRAMMAR = `'${NAME}' expects 'off', 'min <time>' or 'max <time>'`;

function parse(line: Line, draft: ProxyDraft): void {
  if (line.takeIf("off")) {
    if (line.expectEnd(`${NAME} off`)) delete draft.mqttIdle;
    return;
  }
  let minMs = MQTT_IDLE_DEFAULT_MS_MIN;
  let maxMs = MQTT_IDLE_DEFAULT_MS_MAX;
  for (let word = line.take(); word !== undefined; word = line.take()) {
    if (word !== "min" && word !== "max") {
      line.alert(`${GRAMMAR}, found '${word}'.`);
      return;
    }
    const value = line.takeTime(`'${NAME} ${word}'`, `'${NAME} ${word}' expects a time.`);
    if (value === undefined) return;
    if (word === "min") minMs = value;
    else maxMs = value;
  }
  if (maxMs < Math.max(minMs, 1)) {
    line.alert(`'${NAME}' has a 'max' of ${maxMs} ms below its 'min' of ${minMs} ms.`, {
      hint: `Without 'min' it is ${MQTT_IDLE_DEFAULT_MS_MIN} ms.`,
    });
    return;
  }
  draft.mqttIdle = { minMs, maxMs };
}

/** An idle limit that follows the keep alive of each MQTT client. */
export const TIMEOUT_CLIENT_MQTT: Keyword<ProxyDraft> = served({
  name: NAME,
  sections: FRONTEND_SIDE,
  grammar: "[min <time>] [max <time>] | off",
  summary:
    "Silence allowed on the side of an MQTT client: 1.5 times its own keep alive. Who has none, or is " +
    "no MQTT client, has `timeout client`. See docs/mqtt.md.",
  default: "off; with it, min 2s max 24h",
  ours: true,
  parse,
});
