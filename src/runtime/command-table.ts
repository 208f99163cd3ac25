// All commands of the runtime API. Each file of `show/` and `commands/` exports a list of its own.
import type { RuntimeCommand } from "./command.ts";

/** In the order in which `help` prints them. */
export const RUNTIME_COMMANDS: readonly RuntimeCommand[] = [];
