// Stick tables and sticking rules.
import { printCondition } from "../../rules/parse-condition.ts";
import { printSampleExpression } from "../../rules/parse-sample.ts";
import type { StickData, StickRule, StickTableSpec } from "../model/stick.ts";
import { flagIf, pair, printLine, printRaw, printTime, timePair } from "./line.ts";

/** A `stick-table` line, or a `table` line of a peers section, which implies its `peers`. */
export function printStickTable(table: StickTableSpec, keyword: string): string {
  const peers = keyword === "stick-table" ? table.peers : undefined;
  return printLine(
    keyword,
    "type",
    table.keyType,
    ...pair("len", table.hasLength ? table.keyLengthMax : undefined),
    "size",
    table.size,
    ...timePair("expire", table.expireMs),
    ...flagIf("nopurge", table.noPurge),
    ...pair("peers", peers),
    ...pair("srvkey", table.serverKey === "name" ? undefined : table.serverKey),
    ...pair("store", table.store.length === 0 ? undefined : table.store.map(printData).join(",")),
  );
}

function printData({ type, count, periodMs }: StickData): string {
  const args = [
    ...(count === undefined ? [] : [String(count)]),
    ...(periodMs === undefined ? [] : [printTime(periodMs)]),
  ];
  return args.length === 0 ? type : `${type}(${args.join(",")})`;
}

/** A `stick` line. */
export function printStickRule(rule: StickRule): string {
  return printRaw(
    `stick ${rule.kind}`,
    printSampleExpression(rule.key),
    rule.table === undefined ? undefined : `table ${rule.table}`,
    rule.condition === undefined ? undefined : printCondition(rule.condition),
  );
}
