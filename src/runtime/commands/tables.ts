// Commands that change stick tables (haproxy management §9.3).
import type { RuntimeCommand } from "../command.ts";
import { clearTable, setTableEntry } from "../operations/table-changes.ts";

/** The commands about entries of tables. */
export const TABLE_COMMANDS: readonly RuntimeCommand[] = [
  {
    words: ["set", "table"],
    usage: "set table <table> key <k> [data.* <v>]*",
    help: "update or create a table entry's data",
    level: "operator",
    run: ({ args, nowMs }, { world }) =>
      setTableEntry(world.tables.get(args[0] ?? ""), args, nowMs),
  },
  {
    words: ["clear", "table"],
    usage: "clear table <table> [<filter>]*",
    help: "remove an entry from a table (filter: data/key)",
    level: "operator",
    run: ({ args, nowMs }, { world }) => clearTable(world.tables.get(args[0] ?? ""), args, nowMs),
  },
];
