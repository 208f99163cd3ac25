// stick-table type { ip | ipv6 | integer | string [len <length>] | binary [len <length>] }
//     size <size> [expire <expire>] [nopurge] [peers <peersect>] [srvkey <srvkey>]
//     [store <data_type>]*   (haproxy configuration §4.2)
import type { Mutable } from "../draft.ts";
import type { Line } from "../line.ts";
import type { StickData, StickKeyType, StickTableSpec } from "../model/stick.ts";
import { parseNatural, parseTime } from "../values.ts";

const KEY_TYPES: ReadonlyMap<string, StickKeyType> = new Map([
  ["ip", "ip"],
  ["ipv4", "ip"],
  ["ipv6", "ipv6"],
  ["integer", "integer"],
  ["string", "string"],
  ["binary", "binary"],
]);

/** Bytes of a key by type; strings and binaries without `len` as HAProxy has them. */
const KEY_BYTES: Readonly<Record<StickKeyType, number>> = {
  ip: 4,
  ipv6: 16,
  integer: 4,
  string: 31,
  binary: 32,
};

/** What a data type of `store` takes as argument. */
type StoreArgument = "none" | "period" | "count" | "count-and-period";

/** The data types of stick tables. */
export const STORE_TYPES: ReadonlyMap<string, StoreArgument> = new Map<string, StoreArgument>([
  ["server_id", "none"],
  ["server_key", "none"],
  ["gpt", "count"],
  ["gpt0", "none"],
  ["gpc", "count"],
  ["gpc_rate", "count-and-period"],
  ["gpc0", "none"],
  ["gpc0_rate", "period"],
  ["gpc1", "none"],
  ["gpc1_rate", "period"],
  ["conn_cnt", "none"],
  ["conn_cur", "none"],
  ["conn_rate", "period"],
  ["sess_cnt", "none"],
  ["sess_rate", "period"],
  ["http_req_cnt", "none"],
  ["http_req_rate", "period"],
  ["http_err_cnt", "none"],
  ["http_err_rate", "period"],
  ["http_fail_cnt", "none"],
  ["http_fail_rate", "period"],
  ["bytes_in_cnt", "none"],
  ["bytes_in_rate", "period"],
  ["bytes_out_cnt", "none"],
  ["bytes_out_rate", "period"],
]);

const ARRAY_COUNT_MAX = 100;

/** Takes the words after `stick-table` or `table <name>`; `keyword` starts each alert. */
export function takeStickTable(
  line: Line,
  name: string,
  keyword: string,
): StickTableSpec | undefined {
  const table: Mutable<StickTableSpec> = {
    name,
    keyType: "ip",
    keyLengthMax: 0,
    hasLength: false,
    size: 0,
    noPurge: false,
    serverKey: "name",
    store: [],
    position: line.position(0),
  };
  let typed = false;
  for (let word = line.take(); word !== undefined; word = line.take()) {
    typed ||= word === "type";
    if (!takeTableWord(line, table, word, keyword)) {
      line.takeRest();
      return undefined;
    }
  }
  if (table.size === 0) {
    line.alert(`${keyword}: missing size.`, { word: 0 });
    return undefined;
  }
  if (!typed) {
    line.alert(`${keyword}: missing type.`, { word: 0 });
    return undefined;
  }
  return table;
}

function takeTableWord(
  line: Line,
  table: Mutable<StickTableSpec>,
  word: string,
  keyword: string,
): boolean {
  switch (word) {
    case "type":
      return takeKeyType(line, table, keyword);
    case "size": {
      const size = line.takeSize(
        "argument of 'size'.",
        `${keyword}: missing argument after 'size'.`,
      );
      if (size === 0) line.alert(`${keyword}: missing size.`);
      table.size = size ?? 0;
      return size !== undefined && size > 0;
    }
    case "expire":
      return takeExpire(line, table, keyword);
    case "nopurge":
      table.noPurge = true;
      return true;
    case "peers":
    case "srvkey":
      return takeNamed(line, table, word, keyword);
    case "store":
      return takeStore(line, table, keyword);
    case "write-to":
      line.alert(`${keyword}: 'write-to' is not served by Tandem.`);
      return false;
    default: {
      const near = line.didYouMean(word, WORDS);
      line.alert(`${keyword}: unknown argument '${word}'${near === "" ? "." : near}`);
      return false;
    }
  }
}

const WORDS = ["type", "size", "expire", "nopurge", "peers", "srvkey", "store"];

function takeNamed(
  line: Line,
  table: Mutable<StickTableSpec>,
  word: "peers" | "srvkey",
  keyword: string,
): boolean {
  const value = line.takeWord(`${keyword}: missing argument after '${word}'.`);
  if (value === undefined) return false;
  if (word === "peers") table.peers = value;
  else if (value === "name" || value === "addr") table.serverKey = value;
  else {
    line.alert(`${keyword}: 'srvkey' expects one of 'name' or 'addr' (got '${value}').`);
    return false;
  }
  return true;
}

function takeKeyType(line: Line, table: Mutable<StickTableSpec>, keyword: string): boolean {
  const word = line.take() ?? "";
  const type = KEY_TYPES.get(word);
  if (type === undefined) {
    line.alert(`${keyword}: unknown type '${word}'.`);
    return false;
  }
  table.keyType = type;
  table.keyLengthMax = KEY_BYTES[type];
  if ((type !== "string" && type !== "binary") || !line.takeIf("len")) return true;
  const length = parseNatural(line.take());
  if (length === undefined || length === 0) {
    line.alert(`${keyword}: 'len' expects a number of bytes above zero.`);
    return false;
  }
  table.keyLengthMax = length;
  table.hasLength = true;
  return true;
}

function takeExpire(line: Line, table: Mutable<StickTableSpec>, keyword: string): boolean {
  const word = line.take();
  const value = parseTime(word ?? "");
  if (word === undefined) line.alert(`${keyword}: missing argument after 'expire'.`);
  else if (value.ok) table.expireMs = value.value;
  else if (value.kind === "character") {
    line.alert(`${keyword}: unexpected character '${value.character}' in argument of 'expire'.`);
  } else line.alert(`${keyword}: timer ${value.kind} in argument '${word}' to 'expire'.`);
  return table.expireMs !== undefined;
}

/** Takes a comma list of data types, each with its argument in parentheses. */
function takeStore(line: Line, table: Mutable<StickTableSpec>, keyword: string): boolean {
  const list = line.take() ?? "";
  const store: StickData[] = [...table.store];
  for (const word of list.split(/,(?![^()]*\))/)) {
    const match = /^([a-z0-9_]+)(?:\(([^()]*)\))?$/.exec(word);
    const type = match?.[1] ?? word;
    const argument = STORE_TYPES.get(type);
    if (argument === undefined) {
      const near = line.didYouMean(type, STORE_TYPES.keys());
      line.alert(`${keyword}: unknown store option '${type}'${near === "" ? "." : near}`);
      return false;
    }
    const data = storeData(type, argument, match?.[2]);
    if (typeof data === "string") {
      line.alert(`${keyword}: ${data}`);
      return false;
    }
    if (store.some((other) => other.type === type)) {
      line.warn(`${keyword}: store option '${type}' already enabled, ignored.`);
    } else store.push(data);
  }
  table.store = store;
  return true;
}

/** One data type with its argument, or what is wrong with that. */
function storeData(
  type: string,
  kind: StoreArgument,
  argument: string | undefined,
): StickData | string {
  if (kind === "none") {
    return argument === undefined ? { type } : `unexpected argument to store option '${type}'.`;
  }
  if (argument === undefined) return `missing argument to store option '${type}'.`;
  const [first = "", second = ""] = argument.split(",");
  const count = parseNatural(first);
  const period = parseTime(kind === "period" ? first : second);
  const badCount = count === undefined || count === 0 || count > ARRAY_COUNT_MAX;
  const badPeriod = !period.ok || period.value === 0;
  const failure = `error when processing store option '${type}'.`;
  switch (kind) {
    case "count":
      return badCount ? failure : { type, count };
    case "period":
      return badPeriod ? failure : { type, periodMs: period.value };
    case "count-and-period":
      return badCount || badPeriod ? failure : { type, count, periodMs: period.value };
  }
}
