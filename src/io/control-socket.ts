// The balancer's control socket: what `tandem reload`, `tandem status` and other commands ask.
import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventPage } from "../base/event.ts";
import { askControl } from "../base/io/control-client.ts";
import {
  type ControlCommand,
  type ControlRequest,
  type ControlServer,
  startControlServer,
} from "../base/io/control-server.ts";
import {
  CONTROL_ANSWER_MS_MAX,
  CONTROL_CLIENTS_MAX,
  CONTROL_COMMAND_BYTES_MAX,
  CONTROL_COMMAND_MS_MAX,
  CONTROL_LINE_BYTES_MAX,
  CONTROL_READ_MS_MAX,
} from "../control-limits.ts";
import type { BalancerStatus } from "../stats/balancer-status.ts";

/** What a command did. */
export interface ControlAnswer {
  readonly ok: boolean;
  readonly message: string;
  /** Rendered findings about the configuration; empty when there are none. */
  readonly diagnostics: string;
}

/** The commands that a control socket takes, by name: these, and those of operators. */
export interface ControlHandlers extends Readonly<Record<string, ControlCommand>> {
  readonly reload: () => Promise<ControlAnswer>;
  readonly status: () => BalancerStatus;
  readonly events: (request: ControlRequest) => EventPage | Promise<EventPage>;
}

const RUN_FOLDER = "/run/tandem";

/** The balancer's socket in a folder of control sockets. */
export const CONTROL_FILE_NAME = "balancer.sock";

/** Where control sockets are unless the command line says otherwise: a folder that the user may write to. */
export function defaultControlFolder(): string {
  try {
    accessSync(RUN_FOLDER, constants.W_OK);
    return RUN_FOLDER;
  } catch {
    const folder = process.env["XDG_RUNTIME_DIR"] ?? tmpdir();
    return join(folder, `tandem-${process.getuid?.() ?? 0}`);
  }
}

/** Where the balancer's control socket is unless `--control` says otherwise. */
export function defaultControlPath(): string {
  return join(defaultControlFolder(), CONTROL_FILE_NAME);
}

/** Listens at `path`; rejects when a living balancer answers there. */
export function startControlSocket(
  path: string,
  handlers: ControlHandlers,
): Promise<ControlServer> {
  return startControlServer(path, "balancer", new Map(Object.entries(handlers)), {
    clientsMax: CONTROL_CLIENTS_MAX,
    commandBytesMax: CONTROL_COMMAND_BYTES_MAX,
    commandMs: CONTROL_COMMAND_MS_MAX,
    readMs: CONTROL_READ_MS_MAX,
  });
}

/** Asks the balancer at `path` to reload; a balancer that cannot be reached is an answer, too. */
export async function requestReload(path: string): Promise<ControlAnswer> {
  const reply = await askControl(path, "reload", {
    answerMs: CONTROL_ANSWER_MS_MAX,
    answerBytesMax: CONTROL_LINE_BYTES_MAX,
  });
  if (reply.kind === "failure") {
    return refusal(
      reply.failure === "garbled"
        ? `the answer at "${path}" is not one of a balancer`
        : reply.failure === "silent"
          ? `${reply.text} at "${path}"`
          : `no balancer answers at "${path}" (${reply.text})`,
    );
  }
  const { ok, message, diagnostics } = reply.value;
  if (typeof ok !== "boolean") return refusal(`the answer at "${path}" is not one of a balancer`);
  return {
    ok,
    message: typeof message === "string" ? message : "",
    diagnostics: typeof diagnostics === "string" ? diagnostics : "",
  };
}

function refusal(message: string): ControlAnswer {
  return { ok: false, message, diagnostics: "" };
}
