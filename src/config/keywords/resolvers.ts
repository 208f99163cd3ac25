// Keywords of `resolvers` (haproxy configuration §5.3.2).
import { parseAddressWord } from "../address.ts";
import type { ResolversDraft } from "../draft.ts";
import { ignored, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import { parseNatural } from "../values.ts";

const RESOLVERS = ["resolvers"] as const;
const HOLD_EVENTS = ["nx", "other", "refused", "timeout", "valid", "obsolete"];

/** nameserver <name> <address>[:port] */
function parseNameserver(line: Line, draft: ResolversDraft): void {
  const [name, word] = line.words.slice(1);
  if (name === undefined || word === undefined) {
    line.alert("'nameserver' expects <name> and <addr>[:<port>] as arguments.", { word: 0 });
    return;
  }
  if (draft.nameservers.some((server) => server.name === name)) {
    line.alert(`nameserver '${name}' has same name as another nameserver.`, { word: 1 });
    return;
  }
  const address = parseAddressWord(word.replace(/^(udp|tcp)[46]?@/, ""));
  if (address.kind !== "ip") {
    line.alert(
      address.kind === "problem"
        ? `'nameserver ${name}' : ${address.message}`
        : `'nameserver ${name}' : missing port specification in '${word}'`,
      { word: 2 },
    );
    return;
  }
  if (address.port.kind !== "range") {
    line.alert(`'nameserver ${name}' : missing port specification in '${word}'`, { word: 2 });
    return;
  }
  const server = { name, host: address.host, port: address.port.first };
  draft.nameservers = [...draft.nameservers, server];
}

/** timeout { resolve | retry } <time> */
function parseTimeout(line: Line, draft: ResolversDraft): void {
  const [which, time] = line.words.slice(1);
  const expected = "'timeout' expects 'retry' or 'resolve' and <time> as arguments";
  if (which !== "retry" && which !== "resolve") {
    line.alert(which === undefined ? `${expected}.` : `${expected} got '${which}'.`, { word: 0 });
    return;
  }
  line.seek(2);
  const value =
    time === undefined ? undefined : line.takeTime(`argument to <timeout ${which}>.`, "");
  if (time === undefined) line.alert(`${expected}.`, { word: 0 });
  if (value === undefined) return;
  if (which === "retry") draft.retryMs = value;
  else draft.resolveMs = value;
}

/** hold <status> <period> */
function parseHold(line: Line, draft: ResolversDraft): void {
  const [event, time] = line.words.slice(1);
  if (event === undefined || time === undefined) {
    line.alert("'hold' expects an <event> and a <time> as arguments.", { word: 0 });
    return;
  }
  if (!HOLD_EVENTS.includes(event)) {
    line.alert(
      `'hold' unknown <event>: '${event}', expects either 'nx', 'timeout', 'valid', 'obsolete' ` +
        "or 'other'.",
      { word: 1 },
    );
    return;
  }
  line.seek(2);
  const value = line.takeTime("argument to <hold>.", "");
  if (value !== undefined) draft.hold = { ...draft.hold, [event]: value };
}

/** resolve_retries <nb> */
function parseRetries(line: Line, draft: ResolversDraft): void {
  const value = parseNatural(line.take());
  if (value === undefined) line.alert("'resolve_retries' expects <nb> as argument.", { word: 0 });
  else draft.retries = value;
}

/** All of them. */
export const RESOLVERS_KEYWORDS: readonly Keyword<ResolversDraft>[] = [
  served({
    name: "nameserver",
    sections: RESOLVERS,
    grammar: "<name> <address>:<port>",
    summary: "A name server.",
    parse: parseNameserver,
  }),
  served({
    name: "parse-resolv-conf",
    sections: RESOLVERS,
    grammar: "",
    summary: "Takes the system's name servers too.",
    parse: (_line, draft) => {
      draft.parseResolvConf = true;
    },
  }),
  served({
    name: "timeout",
    sections: RESOLVERS,
    grammar: "{ resolve | retry } <time>",
    summary: "Time between resolutions, and before a query is repeated.",
    default: "1s",
    parse: parseTimeout,
  }),
  served({
    name: "hold",
    sections: RESOLVERS,
    grammar: "{ nx | other | refused | timeout | valid | obsolete } <time>",
    summary: "How long an answer of this kind counts.",
    parse: parseHold,
  }),
  served({
    name: "resolve_retries",
    sections: RESOLVERS,
    grammar: "<nb>",
    summary: "Queries before giving up.",
    default: "3",
    parse: parseRetries,
  }),
  ...ignored<ResolversDraft>(RESOLVERS, "Has no effect.", ["accepted_payload_size"]),
];
