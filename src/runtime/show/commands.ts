// All commands that show something.
import type { RuntimeCommand } from "../command.ts";
import { SHOW_INFO } from "./info.ts";
import { SHOW_PEERS } from "./peers.ts";
import { SHOW_PROCESS } from "./process.ts";
import { SHOW_SCHEMA } from "./schema.ts";
import { SHOW_SERVERS } from "./servers.ts";
import { SHOW_SESSIONS } from "./sessions.ts";
import { SHOW_STAT } from "./stat.ts";
import { SHOW_TABLE } from "./table.ts";
import { UNSHOWN_COMMANDS } from "./unserved.ts";

/** These commands. */
export const SHOW_COMMANDS: readonly RuntimeCommand[] = [
  SHOW_INFO,
  SHOW_STAT,
  SHOW_SCHEMA,
  SHOW_TABLE,
  SHOW_SESSIONS,
  ...SHOW_SERVERS,
  SHOW_PEERS,
  ...SHOW_PROCESS,
  ...UNSHOWN_COMMANDS,
];
