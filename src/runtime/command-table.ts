// All commands of the runtime API. Each file of `show/` and `commands/` exports a list of its own.
import type { RuntimeCommand } from "./command.ts";
import { connectionCommands } from "./connection-commands.ts";

/** Every command. */
export const RUNTIME_COMMANDS: readonly RuntimeCommand[] = [
  ...connectionCommands(() => RUNTIME_COMMANDS),
];
