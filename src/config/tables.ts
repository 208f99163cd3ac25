// The keyword tables of all sections, and the look-up of a line's first words in one.
import type {
  GlobalDraft,
  PeersDraft,
  ProxyDraft,
  ResolversDraft,
  UserlistDraft,
} from "./draft.ts";
import type { Keyword } from "./keyword.ts";
import { BALANCE_KEYWORDS } from "./keywords/balance.ts";
import { BIND_KEYWORDS } from "./keywords/bind.ts";
import { CHECK_KEYWORDS } from "./keywords/checks.ts";
import { DRAIN_KEYWORDS } from "./keywords/drain.ts";
import { GLOBAL_KEYWORDS } from "./keywords/global.ts";
import { HTTP_KEYWORDS } from "./keywords/http.ts";
import { LOG_KEYWORDS } from "./keywords/log.ts";
import { CONNECT_RATE_KEYWORD } from "./keywords/connect-rate.ts";
import { MQTT_LIMIT_KEYWORD } from "./keywords/mqtt-limit.ts";
import { MQTT_USERNAME_KEYWORD } from "./keywords/mqtt-username.ts";
import { OPTION_KEYWORDS } from "./keywords/options.ts";
import { PEERS_KEYWORDS } from "./keywords/peers.ts";
import { PROXY_KEYWORDS } from "./keywords/proxy.ts";
import { RESOLVERS_KEYWORDS } from "./keywords/resolvers.ts";
import { RULE_KEYWORDS } from "./keywords/rules.ts";
import { SERVER_KEYWORDS } from "./keywords/server.ts";
import { STATS_KEYWORDS } from "./keywords/stats.ts";
import { STICK_KEYWORDS } from "./keywords/stick.ts";
import { TIMEOUT_KEYWORDS } from "./keywords/timeouts.ts";
import { USERLIST_KEYWORDS } from "./keywords/userlist.ts";

/** The keywords of one kind of section by name. */
export type KeywordTable<Draft> = ReadonlyMap<string, Keyword<Draft>>;

function table<Draft>(...lists: readonly (readonly Keyword<Draft>[])[]): KeywordTable<Draft> {
  return new Map(lists.flat().map((keyword) => [keyword.name, keyword]));
}

/** `defaults`, `frontend`, `backend` and `listen`. */
export const PROXY_TABLE: KeywordTable<ProxyDraft> = table(
  BIND_KEYWORDS,
  SERVER_KEYWORDS,
  BALANCE_KEYWORDS,
  TIMEOUT_KEYWORDS,
  DRAIN_KEYWORDS,
  OPTION_KEYWORDS,
  RULE_KEYWORDS,
  STICK_KEYWORDS,
  CHECK_KEYWORDS,
  LOG_KEYWORDS,
  STATS_KEYWORDS,
  PROXY_KEYWORDS,
  HTTP_KEYWORDS,
  [CONNECT_RATE_KEYWORD, MQTT_LIMIT_KEYWORD, MQTT_USERNAME_KEYWORD],
);

/** `global`. */
export const GLOBAL_TABLE: KeywordTable<GlobalDraft> = table(GLOBAL_KEYWORDS);

/** `peers`. */
export const PEERS_TABLE: KeywordTable<PeersDraft> = table(PEERS_KEYWORDS);

/** `userlist`. */
export const USERLIST_TABLE: KeywordTable<UserlistDraft> = table(USERLIST_KEYWORDS);

/** `resolvers`. */
export const RESOLVERS_TABLE: KeywordTable<ResolversDraft> = table(RESOLVERS_KEYWORDS);

/** The keyword that a line's first words name, three words before two before one. */
export function findKeyword<Draft>(
  keywords: KeywordTable<Draft>,
  words: readonly string[],
): Keyword<Draft> | undefined {
  for (let count = Math.min(words.length, 3); count > 1; count--) {
    const keyword = keywords.get(words.slice(0, count).join(" "));
    if (keyword !== undefined) return keyword;
  }
  return keywords.get(words[0] ?? "");
}

/** The first words of all keywords, for "did you mean". */
export function firstWords<Draft>(keywords: KeywordTable<Draft>): ReadonlySet<string> {
  return new Set([...keywords.keys()].map((name) => name.split(" ")[0] ?? name));
}
