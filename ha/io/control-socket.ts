// The control sockets of guard and agent: where commands such as `tandem status` ask. Both processes
// are scheduled before all others, so they take few clients at once, and their answers are small.
import { join } from "node:path";
import {
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

/** Answers commands at a socket in `folder`; when that is not possible, says so and does without. */
export class ControlSocket {
  readonly #starting: Promise<ControlServer | undefined>;

  /** `undefined` as the folder: no socket is wanted. `complain` gets a line for the log. */
  constructor(
    who: keyof typeof CONTROL_FILE_NAMES,
    folder: string | undefined,
    commands: Readonly<Record<string, ControlCommand>>,
    complain: (text: string) => void,
  ) {
    this.#starting =
      folder === undefined
        ? Promise.resolve(undefined)
        : startControlServer(
            join(folder, CONTROL_FILE_NAMES[who]),
            who,
            new Map(Object.entries(commands)),
            {
              clientsMax: CONTROL_CLIENTS_MAX,
              commandBytesMax: CONTROL_COMMAND_BYTES_MAX,
              commandMs: CONTROL_COMMAND_MS_MAX,
              readMs: CONTROL_READ_MS_MAX,
            },
          ).catch((error: unknown) => {
            const reason = error instanceof Error ? error.message : String(error);
            complain(`"tandem status" cannot ask this ${who}: ${reason}`);
            return undefined;
          });
  }

  async close(): Promise<void> {
    await (await this.#starting)?.close();
  }
}
