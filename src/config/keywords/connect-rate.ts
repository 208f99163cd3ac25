// mqtt-connect-rate { <n>[/s] [burst <n>] | off }   (ours; docs/mqtt.md), of a backend and of a server line
import { CONNECT_RATE_MAX } from "../../limits.ts";
import type { ProxyDraft } from "../draft.ts";
import { BACKEND_SIDE, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { ServerDraft } from "../server-draft.ts";
import { parseNatural } from "../values.ts";
import type { Fail, ServerWordEntry } from "./server-word.ts";

const NAME = "mqtt-connect-rate";
const GRAMMAR = "{ <number>[/s] [burst <number>] | off }";
const SUMMARY =
  "Connections a second that a server is presented with; whoever is too early waits in its queue, " +
  "those whom a stick table knows first. See docs/mqtt.md.";

/** Reads what stands behind the name. */
function take(line: Line, fail: Fail): ServerDraft["connectRate"] {
  const word = line.take();
  if (word === "off") return "off";
  const perSecond = parseNatural(word?.replace(/\/s$/, ""));
  if (perSecond === undefined || perSecond < 1 || perSecond > CONNECT_RATE_MAX) {
    fail(`'${NAME}' expects 'off' or 1 to ${CONNECT_RATE_MAX} per second, found '${word ?? ""}'.`);
    return undefined;
  }
  if (!line.takeIf("burst")) return { perSecond, burst: Math.ceil(perSecond / 10) };
  const found = line.take();
  const burst = parseNatural(found);
  if (burst !== undefined && burst >= 1 && burst <= perSecond) return { perSecond, burst };
  fail(`'${NAME} ... burst' expects 1 to ${perSecond}, the rate, found '${found ?? ""}'.`);
  return undefined;
}

/** The word of `server` and `default-server` lines. */
export const CONNECT_RATE_WORD: ServerWordEntry = [
  NAME,
  {
    grammar: GRAMMAR,
    summary: SUMMARY,
    default: "that of the backend",
    ours: true,
    read: (line, server, fail) => {
      const rate = take(line, fail);
      if (rate !== undefined) server.connectRate = rate;
    },
  },
];

/** For all servers of a backend that do not say otherwise. */
export const CONNECT_RATE_KEYWORD: Keyword<ProxyDraft> = served({
  name: NAME,
  sections: BACKEND_SIDE,
  grammar: GRAMMAR,
  summary: SUMMARY,
  default: "off; with it, burst is a tenth of the rate",
  ours: true,
  parse: (line, draft) => {
    const rate = take(line, (message) => {
      line.alert(message);
    });
    if (rate !== undefined && line.expectEnd(NAME)) draft.connectRate = rate;
  },
});
