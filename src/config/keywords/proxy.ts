// Keywords of proxies that stand alone (haproxy configuration §4.2).
import type { ProxyDraft } from "../draft.ts";
import {
  ANY_PROXY,
  BACKEND_SIDE,
  FRONTEND_SIDE,
  PROXY_NO_DEFAULTS,
  ignored,
  refused,
  served,
} from "../keyword.ts";
import type { Keyword, SectionKind } from "../keyword.ts";
import type { Line } from "../line.ts";
import { takeSourceSettings } from "./source.ts";

/** mode { tcp | http } */
function parseMode(line: Line, draft: ProxyDraft): void {
  const word = line.take() ?? "";
  if (word === "tcp" || word === "http") {
    draft.mode = word;
    line.expectEnd("mode");
  } else if (word === "health" || word === "log" || word === "spop" || word === "haterm") {
    line.alert(`'mode ${word}' is not served by Tandem, only 'mode tcp' is.`);
  } else {
    const near = line.didYouMean(word, ["tcp", "http"]);
    line.alert(`unknown proxy mode '${word}'${near === "" ? "." : near}`);
  }
}

/** A keyword with one whole number. */
function numberKeyword(
  name: string,
  sections: readonly SectionKind[],
  summary: string,
  set: (draft: ProxyDraft, value: number) => void,
  elsewhere?: string,
): Keyword<ProxyDraft> {
  return served({
    name,
    sections,
    grammar: "<number>",
    summary,
    ...(elsewhere === undefined ? {} : { elsewhere }),
    parse: (line, draft) => {
      const value = line.takeNatural(`'${name}' expects an integer argument.`);
      if (value !== undefined && line.expectEnd(name)) set(draft, value);
    },
  });
}

/** { cli | srv }tcpka-{ cnt | idle | intvl } <value> */
function keepalive(side: "clitcpka" | "srvtcpka"): readonly Keyword<ProxyDraft>[] {
  const sections = side === "clitcpka" ? FRONTEND_SIDE : BACKEND_SIDE;
  const field = side === "clitcpka" ? "clientKeepalive" : "serverKeepalive";
  const time = (word: string, key: "idleMs" | "intervalMs", summary: string): Keyword<ProxyDraft> =>
    served({
      name: `${side}-${word}`,
      sections,
      grammar: "<timeout>",
      summary,
      parse: (line, draft) => {
        const name = `${side}-${word}`;
        const value = line.takeTime(`'${name}'`, `'${name}' expects a time in seconds.`, "s");
        if (value !== undefined && line.expectEnd(name)) draft[field][key] = value;
      },
    });
  return [
    numberKeyword(`${side}-cnt`, sections, "Probes before giving up.", (draft, value) => {
      draft[field].count = value;
    }),
    time("idle", "idleMs", "Silence before the first probe."),
    time("intvl", "intervalMs", "Time between probes."),
  ];
}

/** rate-limit sessions <rate> */
function parseRateLimit(line: Line, draft: ProxyDraft): void {
  const word = line.take() ?? "";
  if (word !== "sessions") {
    line.alert(`'rate-limit' only supports 'sessions' (got '${word}')`);
    return;
  }
  const value = line.takeNatural(
    "'rate-limit sessions' expects an integer value (in sessions/second)",
  );
  if (value !== undefined) draft.rateLimitSessions = value;
}

/** id <value> */
function parseId(line: Line, draft: ProxyDraft): void {
  if (line.atEnd) line.alert("'id' expects an integer argument.");
  else {
    const id = line.takeNatural("custom id has to be > 0.", 1);
    if (id !== undefined && line.expectEnd("id")) draft.id = id;
  }
}

/** load-server-state-from-file { global | local | none } */
function parseLoadState(line: Line, draft: ProxyDraft): void {
  const word = line.take() ?? "";
  if (word === "global" || word === "local" || word === "none") draft.loadServerStateFrom = word;
  else {
    line.alert(
      "'load-server-state-from-file' expects 'global', 'local' or 'none' " + `(got '${word}').`,
    );
  }
}

const PLAIN: readonly Keyword<ProxyDraft>[] = [
  served({
    name: "mode",
    sections: ANY_PROXY,
    grammar: "tcp",
    summary: "`http` is served for pure statistics pages only.",
    default: "tcp",
    parse: parseMode,
  }),
  served({
    name: "disabled",
    sections: ANY_PROXY,
    grammar: "",
    summary: "Reads the section and does not start it.",
    parse: (line, draft) => {
      if (line.expectEnd("disabled")) draft.disabled = true;
    },
  }),
  served({
    name: "enabled",
    sections: ANY_PROXY,
    grammar: "",
    summary: "Undoes `disabled` of the defaults.",
    parse: (line, draft) => {
      if (line.expectEnd("enabled")) draft.disabled = false;
    },
  }),
  served({
    name: "description",
    sections: PROXY_NO_DEFAULTS,
    grammar: "<string>",
    summary: "A text for people.",
    parse: (line, draft) => {
      const text = line.takeRest().join(" ");
      if (text === "") line.alert("'description' expects a string argument.");
      else draft.description = text;
    },
  }),
  served({
    name: "id",
    sections: PROXY_NO_DEFAULTS,
    grammar: "<value>",
    summary: "The identifier in statistics and the runtime API.",
    parse: parseId,
  }),
  served({
    name: "rate-limit",
    sections: FRONTEND_SIDE,
    grammar: "sessions <rate>",
    summary: "Connections accepted in a second.",
    parse: parseRateLimit,
  }),
  served({
    name: "source",
    sections: BACKEND_SIDE,
    grammar: "<addr>[:<port>[-<port>]] [usesrc { client | clientip }] [interface <name>]",
    summary: "The address that connections to servers come from.",
    parse: (line, draft) => {
      const source = takeSourceSettings(line, (message) => {
        line.alert(message);
      });
      if (source === undefined) line.takeRest();
      else if (line.expectEnd("source")) draft.source = source;
    },
  }),
  served({
    name: "load-server-state-from-file",
    sections: BACKEND_SIDE,
    grammar: "{ global | local | none }",
    summary: "Where servers' states of the last run are.",
    default: "none",
    parse: parseLoadState,
  }),
  served({
    name: "server-state-file-name",
    sections: BACKEND_SIDE,
    grammar: "[{ use-backend-name | <file> }]",
    summary: "The file with servers' states.",
    parse: (line, draft) => {
      const name = line.take() ?? "use-backend-name";
      draft.serverStateFileName = name === "use-backend-name" ? draft.name : name;
    },
  }),
];

/** All of them. */
export const PROXY_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  ...PLAIN,
  numberKeyword(
    "maxconn",
    FRONTEND_SIDE,
    "Connections at once.",
    (draft, value) => (draft.maxconn = value),
    "Maybe you want 'fullconn' instead ?",
  ),
  numberKeyword(
    "fullconn",
    BACKEND_SIDE,
    "Load at which servers get their full `maxconn`.",
    (draft, value) => (draft.fullconn = value),
    "Maybe you want 'maxconn' instead ?",
  ),
  numberKeyword("backlog", FRONTEND_SIDE, "Length of the accept queue.", (draft, value) => {
    draft.backlog = value;
  }),
  served({
    name: "retries",
    sections: BACKEND_SIDE,
    grammar: "<value>",
    summary: "Further tries after a failed one.",
    default: "3",
    parse: (line, draft) => {
      const value = line.takeNatural(
        "'retries' expects an integer argument (dispatch counts for one).",
      );
      if (value !== undefined && line.expectEnd("retries")) draft.retries = value;
    },
  }),
  ...keepalive("clitcpka"),
  ...keepalive("srvtcpka"),
  ...ignored<ProxyDraft>(ANY_PROXY, "Has no effect.", [
    "bind-process",
    "email-alert",
    "max-keep-alive-queue",
    "unique-id-format",
    "unique-id-header",
    "hash-preserve-affinity",
    "guid",
  ]),
  ...refused<ProxyDraft>(BACKEND_SIDE, "Write a 'server' line.", ["dispatch"]),
  served({
    name: "redispatch",
    sections: BACKEND_SIDE,
    grammar: "",
    summary: "Old name of `option redispatch`, read with a warning.",
    parse: (line, draft) => {
      line.warn("keyword 'redispatch' is deprecated in favor of 'option redispatch'.", { word: 0 });
      draft.redispatch = -1;
    },
  }),
  ...refused<ProxyDraft>(ANY_PROXY, "There is nothing of the kind here.", [
    "external-check",
    "filter",
    "force-persist",
    "ignore-persist",
    "persist",
    "force-be-switch",
    "dynamic-cookie-key",
    "monitor-net",
    "retry-on",
    "use-fcgi-app",
  ]),
];
