// All commands of the runtime API. Each file of `show/` and `commands/` exports a list of its own.
import type { RuntimeCommand } from "./command.ts";
import { LIMIT_COMMANDS } from "./commands/limits.ts";
import { SHOW_SERVERS_STATE } from "./commands/server-state.ts";
import { SERVER_COMMANDS } from "./commands/servers.ts";
import { SESSION_COMMANDS } from "./commands/sessions.ts";
import { TABLE_COMMANDS } from "./commands/tables.ts";
import { TLS_KEY_COMMANDS } from "./commands/tls-keys.ts";
import { UNSERVED_COMMANDS } from "./commands/unserved.ts";
import { connectionCommands } from "./connection-commands.ts";
import { SHOW_COMMANDS } from "./show/commands.ts";

/** Every command. */
export const RUNTIME_COMMANDS: readonly RuntimeCommand[] = [
  ...connectionCommands(() => RUNTIME_COMMANDS),
  ...SHOW_COMMANDS,
  SHOW_SERVERS_STATE,
  ...SERVER_COMMANDS,
  ...LIMIT_COMMANDS,
  ...SESSION_COMMANDS,
  ...TABLE_COMMANDS,
  ...TLS_KEY_COMMANDS,
  ...UNSERVED_COMMANDS,
];
