// Stick tables and sticking rules of proxies (haproxy configuration §4.2).
import type { ProxyDraft } from "../draft.ts";
import { BACKEND_NO_DEFAULTS, BACKEND_SIDE, PROXY_NO_DEFAULTS, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { StickRule } from "../model/stick.ts";
import { takeCondition, takeExpression } from "./condition.ts";
import { takeStickTable } from "./stick-table.ts";

const KINDS: readonly StickRule["kind"][] = ["on", "match", "store-request", "store-response"];

function parseStickTable(line: Line, draft: ProxyDraft): void {
  const before = draft.stickTable;
  if (before !== undefined) {
    line.alert(
      `stick-table name '${draft.name}' conflicts with table declared in ${draft.kind} ` +
        `'${draft.name}' at ${before.position.file}:${before.position.line}.`,
      { word: 0 },
    );
    return;
  }
  const table = takeStickTable(line, draft.name, "stick-table");
  if (table !== undefined) draft.stickTable = table;
}

/**
 * stick { on | match | store-request | store-response } <pattern> [table <table>]
 *     [{ if | unless } <cond>]
 */
function parseStick(line: Line, draft: ProxyDraft): void {
  const word = line.take();
  const kind = KINDS.find((name) => name === word);
  if (kind === undefined) {
    line.alert("'stick' expects 'on', 'match', or 'store'.", { word: 0 });
    return;
  }
  if (line.atEnd) {
    line.alert("'stick' expects a fetch method.", { word: 0 });
    return;
  }
  const key = takeExpression(line, "'stick': ");
  if (key === undefined) return;
  const table = line.takeIf("table") ? line.takeWord("'stick': missing table name.") : undefined;
  const prefix = "'stick': error detected while parsing sticking condition : ";
  const condition = takeCondition(line, draft, prefix);
  if (condition === undefined) return;
  draft.stickRules.push({
    kind,
    key,
    position: line.position(0),
    ...(table === undefined ? {} : { table }),
    ...(condition === "absent" ? {} : { condition }),
  });
}

/** stick-policy { stay | return } */
function parsePolicy(line: Line, draft: ProxyDraft): void {
  const word = line.take();
  if (word === "stay" || word === "return") draft.stickPolicy = word;
  else line.alert(`'stick-policy' expects 'stay' or 'return', found '${word ?? ""}'.`, { word: 0 });
}

/** `stick-table`, `stick` and `stick-policy`. */
export const STICK_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  served({
    name: "stick-table",
    sections: PROXY_NO_DEFAULTS,
    grammar:
      "type { ip | ipv6 | integer | string [len <length>] | binary [len <length>] } " +
      "size <size> [expire <expire>] [nopurge] [peers <peersect>] [srvkey { name | addr }] " +
      "[store <data_type>]*",
    summary: "The table of this section.",
    parse: parseStickTable,
  }),
  served({
    name: "stick",
    sections: BACKEND_NO_DEFAULTS,
    grammar:
      "{ on | match | store-request | store-response } <pattern> [table <table>] " +
      "[{ if | unless } <cond>]",
    summary: "Sends connections with the same key to the same server.",
    parse: parseStick,
  }),
  served({
    name: "stick-policy",
    sections: BACKEND_SIDE,
    grammar: "{ stay | return }",
    summary:
      "Where a device belongs whose server was down: to the one that took it meanwhile, or, with its " +
      "next connection, to the former one again.",
    default: "stay",
    ours: true,
    parse: parsePolicy,
  }),
];
