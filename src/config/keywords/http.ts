// Keywords that need HTTP mode. Where a proxy would serve HTTP each is an alert of its own; on a TCP
// proxy HAProxy ignores them with a warning; a statistics page carries the harmless ones.
import type { ProxyDraft } from "../draft.ts";
import { ANY_PROXY, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import { ANY_METRICS_PATH } from "../model/proxy.ts";

const TCP_HINT = "Tandem serves TCP and MQTT; leave this to a web proxy.";

function record(
  line: Line,
  draft: ProxyDraft,
  what: string,
  harmlessOnStats: boolean,
  hint = TCP_HINT,
): void {
  const position = line.position(0);
  line.takeRest();
  draft.httpThings.push({ what, hint, position, harmlessOnStats });
}

function httpKeyword(name: string, harmlessOnStats: boolean, hint?: string): Keyword<ProxyDraft> {
  return {
    name,
    sections: ANY_PROXY,
    grammar: "...",
    summary: "Needs HTTP mode.",
    status: "refused",
    negatable: true,
    parse: (line, draft, negated) => {
      if (negated) {
        line.takeRest();
        draft.httpThings = draft.httpThings.filter((thing) => thing.what !== `'${name}'`);
      } else record(line, draft, `'${name}'`, harmlessOnStats, hint);
    },
  };
}

/** What an old keyword is to be replaced by. */
function oldKeyword(name: string, modern: string): Keyword<ProxyDraft> {
  return {
    name,
    sections: ANY_PROXY,
    grammar: "...",
    summary: `Replaced by \`${modern}\`.`,
    status: "refused",
    parse: (line, draft) => {
      line.warn(`The '${name}' directive is not supported anymore since HAProxy 2.1.`, {
        word: 0,
        hint: `Use '${modern}' instead.`,
      });
      record(line, draft, `'${name}'`, false, `Use '${modern}' where HTTP is served.`);
    },
  };
}

/**
 * http-request use-service prometheus-exporter [if { path <path> }] turns on the metrics of a
 * statistics page; other rules would decide who sees it, so they are never passed over.
 */
function parseHttpRequest(line: Line, draft: ProxyDraft): void {
  const words = line.words.slice(1);
  if (words[0] === "use-service" && words[1] === "prometheus-exporter") {
    const condition = words.slice(2).join(" ");
    const match = /^if \{ path (\/\S*) \}$/.exec(condition);
    if (condition === "" || match !== null) {
      draft.metricsPath = match?.[1] ?? ANY_METRICS_PATH;
      line.takeRest();
      return;
    }
  }
  const hint = "On a statistics page use 'stats auth', elsewhere 'tcp-request'.";
  record(line, draft, `'http-request ${words[0] ?? ""}'`, false, hint);
}

const HTTP_OPTIONS = [
  "accept-invalid-http-request",
  "accept-invalid-http-response",
  "checkcache",
  "disable-h2-upgrade",
  "forwardfor",
  "http-buffer-request",
  "http-drop-request-trailers",
  "http-drop-response-trailers",
  "http-ignore-probes",
  "http-keep-alive",
  "http-no-delay",
  "http-pretend-keepalive",
  "http-proxy",
  "http-restrict-req-hdr-names",
  "http-tunnel",
  "http-use-htx",
  "http-use-proxy-header",
  "httpclose",
  "idle-close-on-response",
  "originalto",
];

/** All keywords of HTTP mode, old ones included. */
export const HTTP_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  ...HTTP_OPTIONS.map((name) => httpKeyword(`option ${name}`, true)),
  {
    ...httpKeyword("option forceclose", true),
    parse: (line): void => {
      line.warn(
        "option 'forceclose' is not supported any more since HAProxy 2.0, please just remove it, " +
          "or use 'option httpclose' if absolutely needed.",
        { word: 0 },
      );
    },
  },
  served({
    name: "http-request",
    sections: ANY_PROXY,
    grammar: "use-service prometheus-exporter [if { path <path> }]",
    summary: "Serves metrics on a statistics page; nothing else of HTTP is served.",
    parse: parseHttpRequest,
  }),
  ...[
    "appsession",
    "capture",
    "compression",
    "cookie",
    "declare",
    "http-after-response",
    "http-response",
    "http-send-name-header",
    "monitor",
    "monitor-uri",
    "redirect",
  ].map((name) => httpKeyword(name, false)),
  ...[
    "errorfile",
    "errorfiles",
    "errorloc",
    "errorloc302",
    "errorloc303",
    "http-error",
    "http-reuse",
  ].map((name) => httpKeyword(name, true)),
  oldKeyword("block", "http-request deny"),
  oldKeyword("reqisetbe", "use_backend with an 'hdr' ACL"),
  oldKeyword("reqsetbe", "use_backend with an 'hdr' ACL"),
  ...["reqadd", "reqrep", "reqirep"].map((name) =>
    oldKeyword(name, name === "reqadd" ? "http-request add-header" : "http-request replace-header"),
  ),
  ...["reqdel", "reqidel"].map((name) => oldKeyword(name, "http-request del-header")),
  ...["reqdeny", "reqideny"].map((name) => oldKeyword(name, "http-request deny")),
  ...["reqallow", "reqiallow", "reqpass", "reqipass"].map((name) =>
    oldKeyword(name, "http-request allow"),
  ),
  ...["reqtarpit", "reqitarpit"].map((name) => oldKeyword(name, "http-request tarpit")),
  ...["rspadd", "rsprep", "rspirep"].map((name) =>
    oldKeyword(
      name,
      name === "rspadd" ? "http-response add-header" : "http-response replace-header",
    ),
  ),
  ...["rspdel", "rspidel"].map((name) => oldKeyword(name, "http-response del-header")),
  ...["rspdeny", "rspideny"].map((name) => oldKeyword(name, "http-response deny")),
];
