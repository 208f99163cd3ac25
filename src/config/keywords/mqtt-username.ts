// mqtt-set-username <sample> [else { refuse | keep }] [{ if | unless } <cond>]   (ours; docs/mqtt.md)
import type { ProxyDraft } from "../draft.ts";
import { FRONTEND_NO_DEFAULTS, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { UsernameRule } from "../model/rules.ts";
import { takeCondition, takeExpression } from "./condition.ts";

const NAME = "mqtt-set-username";

function parse(line: Line, draft: ProxyDraft): void {
  if (line.atEnd) {
    line.alert(`'${NAME}' expects a sample.`, {
      word: 0,
      hint: "The name in a client's certificate is 'ssl_c_s_dn(cn)'.",
    });
    return;
  }
  const value = takeExpression(line, `'${NAME}': `);
  if (value === undefined) return;
  let otherwise: UsernameRule["otherwise"] = "refuse";
  if (line.takeIf("else")) {
    const word = line.take();
    if (word !== "refuse" && word !== "keep") {
      line.alert(`'${NAME} ... else' expects 'refuse' or 'keep', found '${word ?? ""}'.`);
      return;
    }
    otherwise = word;
  }
  const condition = takeCondition(line, draft, `'${NAME}': error detected in its condition : `);
  if (condition === undefined) return;
  draft.usernameRules.push({
    value,
    otherwise,
    position: line.position(0),
    ...(condition === "absent" ? {} : { condition }),
  });
}

/** `mqtt-set-username`. */
export const MQTT_USERNAME_KEYWORD: Keyword<ProxyDraft> = served({
  name: NAME,
  sections: FRONTEND_NO_DEFAULTS,
  grammar: "<sample> [else { refuse | keep }] [{ if | unless } <condition>]",
  summary:
    "The CONNECT goes to the broker with this user name; the first line that applies counts. Who has " +
    "none is refused, or keeps the name it has given. See docs/mqtt.md.",
  ours: true,
  parse,
});
