// drain-time, drain-rate, rebalance-rate, mqtt-server-reference   (ours; docs/mqtt.md)
import { DRAIN_RATE_MAX } from "../../drain/limits.ts";
import type { ProxyDraft } from "../draft.ts";
import { BACKEND_SIDE, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";

/** drain-time { <time> | off } */
function parseDrainTime(line: Line, draft: ProxyDraft): void {
  if (line.takeIf("off")) {
    if (line.expectEnd("drain-time off")) delete draft.drainTimeMs;
    return;
  }
  const value = line.takeTime(
    "'drain-time'",
    "'drain-time' expects a time, as in '30s', or 'off'.",
  );
  if (value !== undefined && line.expectEnd("drain-time")) draft.drainTimeMs = value;
}

/** Sessions in a second: `50`, `50/s`; an alert for anything else. */
function takeRate(line: Line, name: string): number | undefined {
  const word = line.take() ?? "";
  const [, digits] = /^(\d{1,9})(?:\/s)?$/.exec(word) ?? [];
  const rate = Number(digits ?? 0);
  if (rate >= 1 && rate <= DRAIN_RATE_MAX) return rate;
  line.alert(
    `'${name}' expects 1 to ${DRAIN_RATE_MAX} sessions per second, as in '50/s', or 'off', found '${word}'.`,
  );
  return undefined;
}

/** drain-rate { <n>/s | off } */
function parseDrainRate(line: Line, draft: ProxyDraft): void {
  if (line.takeIf("off")) {
    if (line.expectEnd("drain-rate off")) delete draft.drainRate;
    return;
  }
  const rate = takeRate(line, "drain-rate");
  if (rate !== undefined && line.expectEnd("drain-rate")) draft.drainRate = rate;
}

/** rebalance-rate { <n>/s [clean] | off } */
function parseRebalance(line: Line, draft: ProxyDraft): void {
  if (line.takeIf("off")) {
    if (line.expectEnd("rebalance-rate off")) delete draft.rebalance;
    return;
  }
  const ratePerSecond = takeRate(line, "rebalance-rate");
  if (ratePerSecond === undefined) return;
  const cleanOnly = line.takeIf("clean");
  if (line.expectEnd("rebalance-rate")) draft.rebalance = { ratePerSecond, cleanOnly };
}

/** mqtt-server-reference { <host>[:<port>] [moved] | off } */
function parseReference(line: Line, draft: ProxyDraft): void {
  const word = line.take();
  if (word === "off") {
    if (line.expectEnd("mqtt-server-reference off")) delete draft.serverReference;
    return;
  }
  // Printable ASCII without blanks, as MQTT 5.0 §4.11 shows them.
  if (word === undefined || !/^[!-~]{1,255}$/.test(word)) {
    line.alert("'mqtt-server-reference' expects '<host>[:<port>] [moved]' or 'off'.");
    return;
  }
  const isMoved = line.takeIf("moved");
  if (line.expectEnd("mqtt-server-reference")) draft.serverReference = { text: word, isMoved };
}

/** How sessions are moved away from servers. */
export const DRAIN_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  served({
    name: "drain-time",
    sections: BACKEND_SIDE,
    grammar: "{ <time> | off }",
    summary:
      "Sessions of a server in drain or maintenance, and at a soft stop all, are moved within this time, " +
      "evenly spread; MQTT clients are told. See docs/mqtt.md.",
    default: "off",
    ours: true,
    parse: parseDrainTime,
  }),
  served({
    name: "drain-rate",
    sections: BACKEND_SIDE,
    grammar: "{ <n>/s | off }",
    summary:
      "The same, and at most so many sessions in a second, however long it takes. See docs/mqtt.md.",
    default: "off",
    ours: true,
    parse: parseDrainRate,
  }),
  served({
    name: "mqtt-server-reference",
    sections: BACKEND_SIDE,
    grammar: "{ <host>[:<port>] [moved] | off }",
    summary:
      "Where MQTT 5 clients that are moved are told to go; with `moved` for good. See docs/mqtt.md.",
    default: "off: to come again",
    ours: true,
    parse: parseReference,
  }),
  served({
    name: "rebalance-rate",
    sections: BACKEND_SIDE,
    grammar: "{ <n>/s [clean] | off }",
    summary:
      "When a server returns, so many sessions in a second are moved to it, idle and clean ones first, " +
      "until it has its share; with `clean` no others. See docs/mqtt.md.",
    default: "off",
    ours: true,
    parse: parseRebalance,
  }),
];
