// stats ... of proxies (haproxy configuration §4.2)
import type { Mutable, ProxyDraft } from "../draft.ts";
import { ANY_PROXY, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { StatsSettings } from "../model/proxy.ts";
import { takeCondition } from "./condition.ts";

const URI_DEFAULT = "/haproxy?stats";

const KNOWN =
  "expects 'admin', 'uri', 'realm', 'auth', 'scope', 'enable', 'hide-version', 'show-node', " +
  "'show-desc' or 'show-legends'.";

/** A page with nothing said about it. */
export function newStatsSettings(): StatsSettings {
  return {
    enabled: true,
    uri: URI_DEFAULT,
    hideVersion: false,
    auth: [],
    scope: [],
    admin: [],
    showLegends: false,
    showModules: false,
  };
}

/** The settings of a proxy; any `stats` line turns the page on. */
function statsOf(draft: ProxyDraft): Mutable<StatsSettings> {
  draft.stats ??= { ...newStatsSettings() };
  return draft.stats;
}

type StatsParser = (line: Line, stats: Mutable<StatsSettings>, draft: ProxyDraft) => void;

function stats(
  name: string,
  grammar: string,
  summary: string,
  parse: StatsParser,
): Keyword<ProxyDraft> {
  return served({
    name: `stats ${name}`,
    sections: ANY_PROXY,
    grammar,
    summary,
    parse: (line, draft) => {
      parse(line, statsOf(draft), draft);
    },
  });
}

/** stats realm <realm>: words that are not joined by escapes are joined with a warning. */
function parseRealm(line: Line, settings: Mutable<StatsSettings>): void {
  const words = line.takeRest();
  const realm = words.join(" ");
  if (realm === "") line.alert("'realm' needs an realm name.");
  else if (words.length > 1) {
    line.warn(
      `'stats realm' expects one argument and got ${words.length}, they are joined to '${realm}'.`,
      { word: 2, hint: `Write 'stats realm ${words.join("\\ ")}'.` },
    );
  }
  if (realm !== "") settings.realm = realm;
}

function parseAuth(line: Line, settings: Mutable<StatsSettings>): void {
  const word = line.take() ?? "";
  const colon = word.indexOf(":");
  if (word === "") {
    line.alert("'auth' needs a user:password account.");
    return;
  }
  const user = colon < 0 ? word : word.slice(0, colon);
  const password = colon < 0 ? "" : word.slice(colon + 1);
  if (settings.auth.every((account) => account.user !== user)) {
    settings.auth = [...settings.auth, { user, password }];
  }
}

function parseAdmin(line: Line, settings: Mutable<StatsSettings>, draft: ProxyDraft): void {
  if (line.peek() !== "if" && line.peek() !== "unless") {
    line.alert("'stats admin' requires either 'if' or 'unless' followed by a condition.", {
      word: 0,
    });
    return;
  }
  const condition = takeCondition(
    line,
    draft,
    "error detected while parsing a 'stats admin' rule : ",
  );
  if (condition !== undefined && condition !== "absent") {
    settings.admin = [...settings.admin, condition];
  }
}

function parseRefresh(line: Line, settings: Mutable<StatsSettings>): void {
  const missing = "'refresh' needs a delay in seconds.";
  const refresh = line.takeTime("argument to stats refresh interval.", missing, "s");
  if (refresh === undefined) return;
  if (refresh === 0) delete settings.refreshMs;
  else settings.refreshMs = refresh;
}

/** All `stats` keywords of proxies. */
export const STATS_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  stats("enable", "", "Serves the statistics page.", () => undefined),
  stats("uri", "<prefix>", "Where the page is.", (line, settings) => {
    const uri = line.takeWord("'uri' needs an URI prefix.");
    if (uri !== undefined) settings.uri = uri;
  }),
  stats("realm", "<realm>", "The realm that the browser shows.", parseRealm),
  stats("auth", "<user>:<passwd>", "An account that may see the page.", parseAuth),
  stats("refresh", "<delay>", "How often the page reloads itself, in seconds.", parseRefresh),
  stats("hide-version", "", "Does not tell the version.", (_line, settings) => {
    settings.hideVersion = true;
  }),
  stats("admin", "{ if | unless } <cond>", "Who may change server states.", parseAdmin),
  stats("scope", '{ <name> | "." }', "The proxies that are shown.", (line, settings, draft) => {
    const scope = line.takeWord("'scope' needs a proxy name.");
    if (scope === undefined) return;
    settings.scope = [...settings.scope, scope === "." ? draft.name : scope];
  }),
  stats("show-legends", "", "Shows more about each item.", (_line, settings) => {
    settings.showLegends = true;
  }),
  stats("show-modules", "", "Shows extra statistics.", (_line, settings) => {
    settings.showModules = true;
  }),
  stats("show-desc", "[<desc>]", "Shows a description.", (line, settings) => {
    settings.showDesc = line.takeRest().join(" ") || true;
  }),
  stats("show-node", "[<name>]", "Shows the node's name.", (line, settings) => {
    settings.showNode = line.take() ?? true;
  }),
  served({
    name: "stats http-request",
    sections: ANY_PROXY,
    grammar: "...",
    summary: "Use `stats auth` and `stats admin`.",
    parse: (line) => {
      line.takeRest();
      line.alert("'stats http-request' is not served by Tandem.", {
        word: 0,
        hint: "Use 'stats auth' for accounts and 'tcp-request connection' for addresses.",
      });
    },
  }),
  served({
    name: "stats bind-process",
    sections: ANY_PROXY,
    grammar: "...",
    summary: "Has no effect: there is one process.",
    parse: (line) => {
      line.takeRest();
    },
  }),
  served({
    name: "stats",
    family: true,
    sections: ANY_PROXY,
    grammar: "...",
    summary: "The statistics page.",
    parse: (line) => {
      const word = line.peek();
      if (word === undefined) line.alert(`missing keyword in 'stats', ${KNOWN}`, { word: 0 });
      else {
        const names = STATS_KEYWORDS.map((keyword) => keyword.name.slice("stats ".length));
        const near = line.didYouMean(word, names);
        line.alert(`unknown stats parameter '${word}', ${KNOWN.slice(0, -1)}${near || "."}`, {
          word: 1,
        });
      }
    },
  }),
];
