// `tandem table`.
import type { Argv } from "yargs";
import { suggest } from "../src/base/suggest.ts";
import { TABLE_ENTRIES_LISTED_MAX } from "../src/operator/limits.ts";
import type { EntryList, TableRow } from "../src/operator/table-list.ts";
import { askProcess } from "./io/balancer-asker.ts";
import { confirm } from "./io/confirm.ts";
import { printLines } from "./io/print-lines.ts";
import { controlPlaces } from "./io/status-asker.ts";
import { CommandFailure } from "./operator/command-failure.ts";
import { entryLines, tableListLines } from "./operator/table-screen.ts";
import type { Output } from "./output.ts";
import { listWords, plural, printable } from "./status/words.ts";
import { balancerPlaceOptions } from "./tandem-sessions-command.ts";
import { UsageError } from "./usage-error.ts";

const ROWS_DEFAULT = 100;

/** Options of `tandem table`. */
export function tableOptions(parser: Argv) {
  return balancerPlaceOptions(parser)
    .positional("name", { type: "string", describe: "a stick table; without it, all are listed" })
    .positional("key", { type: "string", describe: "a key, or a pattern with * and ?" })
    .option("limit", {
      alias: "n",
      type: "number",
      requiresArg: true,
      default: ROWS_DEFAULT,
      describe: `how many entries to show, up to ${TABLE_ENTRIES_LISTED_MAX}`,
    })
    .option("clear", {
      type: "boolean",
      default: false,
      describe: "remove the entries that match, after a question",
    })
    .option("yes", { alias: "y", type: "boolean", default: false, describe: "do not ask" })
    .example("$0 table", "all tables and how full they are")
    .example("$0 table brokers pump-7", "to which broker a client sticks")
    .example("$0 table brokers 'test-*' --clear", "forget some clients");
}

interface TableArguments {
  readonly name?: string | undefined;
  readonly key?: string | undefined;
  readonly limit: number;
  readonly clear: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly control?: string | undefined;
  readonly controlDir?: string | undefined;
}

interface TableAnswer extends Partial<EntryList> {
  readonly tables: readonly TableRow[];
}

/** `tandem table`; 1 when no entry has the key that was named. */
export async function tableCommand(argv: TableArguments, output: Output): Promise<number> {
  const { name, key, limit } = argv;
  if (!(Number.isSafeInteger(limit) && limit >= 0 && limit <= TABLE_ENTRIES_LISTED_MAX)) {
    throw new UsageError(`--limit expects a whole number from 0 to ${TABLE_ENTRIES_LISTED_MAX}`);
  }
  const { balancer } = controlPlaces(argv);
  const ask = <T>(command: string, args: object): Promise<T> =>
    askProcess<T>("balancer", balancer, command, args);
  const { tables } = await ask<TableAnswer>("table", {});
  if (name === undefined) {
    if (argv.clear) throw new UsageError("--clear expects the name of a table");
    if (argv.json) output.out(`${JSON.stringify({ tables })}\n`);
    else printLines(output, (width) => tableListLines(tables, width));
    return 0;
  }
  const table = tables.find((one) => one.name === name);
  if (table === undefined) throw new CommandFailure(unknownTable(name, tables));
  if (argv.clear) {
    const found = await ask<EntryList>("table", { name, key: key ?? null, limit: 0 });
    const number = plural(found.matchCount, "entry", "entries");
    if (found.matchCount > 0) await confirm(`Remove ${number} of table ${name}?`, argv.yes);
    const outcome = await ask<ClearAnswer>("clear-table", { name, key: key ?? null });
    if (argv.json) output.out(`${JSON.stringify(outcome)}\n`);
    else output.out(clearedText(outcome));
    return 0;
  }
  const answer = await ask<TableAnswer & EntryList>("table", { name, key: key ?? null, limit });
  if (argv.json) output.out(`${JSON.stringify(answer)}\n`);
  else {
    printLines(output, (width) => [
      ...tableListLines(answer.tables, width),
      [],
      ...entryLines(answer, width),
    ]);
  }
  return key === undefined || answer.matchCount > 0 ? 0 : 1;
}

interface ClearAnswer {
  readonly clearedCount: number;
  readonly inUseCount: number;
}

function clearedText({ clearedCount, inUseCount }: ClearAnswer): string {
  const text = `Removed ${plural(clearedCount, "entry", "entries")}`;
  return inUseCount === 0 ? `${text}\n` : `${text}; ${inUseCount} in use by sessions stay\n`;
}

function unknownTable(name: string, tables: readonly TableRow[]): string {
  const names = tables.map((table) => table.name);
  const near = name.length > 64 ? undefined : suggest(name, names);
  const known = names.length === 0 ? "there are none" : `there are ${listWords(names, 8)}`;
  const hint = near === undefined ? known : `did you mean "${near}"?`;
  return `no table is named "${printable(name)}": ${hint}`;
}
