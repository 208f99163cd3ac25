// The control sockets of guard and agent: where commands such as `tandem status` ask. Both processes
// are scheduled before all others, so they take few clients at once, and their answers are small.
import { join } from "node:path";
import {
  type ControlAccess,
  type ControlCommand,
  type ControlServer,
  startControlServer,
} from "../../src/base/io/control-server.ts";
import {
  CONTROL_CLIENTS_MAX,
  CONTROL_COMMAND_BYTES_MAX,
  CONTROL_COMMAND_MS_MAX,
  CONTROL_READ_MS_MAX,
} from "../limits.ts";

/** The sockets in a folder of control sockets. */
export const CONTROL_FILE_NAMES = { agent: "agent.sock", guard: "guard.sock" } as const;
/** Those that only tell, for the balancer, which may run as another user (src/io/control-folder.ts). */
export const TELLING_FILE_NAMES = { agent: "agent-read.sock", guard: "guard-read.sock" } as const;
/** What a socket that only tells answers. */
const TELLING_COMMANDS: readonly string[] = ["status", "events"];

/** Answers commands at a socket in `folder`; when that is not possible, says so and does without. */
export class ControlSocket {
  readonly #starting: readonly Promise<ControlServer | undefined>[];

  /** `undefined` as the folder: no socket is wanted. `complain` gets a line for the log. */
  constructor(
    who: keyof typeof CONTROL_FILE_NAMES,
    folder: string | undefined,
    commands: Readonly<Record<string, ControlCommand>>,
    complain: (text: string) => void,
  ) {
    const all = Object.entries(commands);
    const telling = all.filter(([name]) => TELLING_COMMANDS.includes(name));
    this.#starting =
      folder === undefined
        ? []
        : [
            start(join(folder, CONTROL_FILE_NAMES[who]), who, all, "user", complain),
            start(join(folder, TELLING_FILE_NAMES[who]), who, telling, "group", complain),
          ];
  }

  async close(): Promise<void> {
    for (const server of await Promise.all(this.#starting)) await server?.close();
  }
}

async function start(
  path: string,
  who: string,
  commands: readonly (readonly [string, ControlCommand])[],
  access: ControlAccess,
  complain: (text: string) => void,
): Promise<ControlServer | undefined> {
  const bounds = {
    clientsMax: CONTROL_CLIENTS_MAX,
    commandBytesMax: CONTROL_COMMAND_BYTES_MAX,
    commandMs: CONTROL_COMMAND_MS_MAX,
    readMs: CONTROL_READ_MS_MAX,
  };
  try {
    return await startControlServer(path, who, new Map(commands), bounds, access);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    complain(`"tandem status" cannot ask this ${who}: ${reason}`);
    return undefined;
  }
}
