// Asks the processes of a node to do something, and says in words why they did not.
import { askControl } from "../../src/base/io/control-client.ts";
import { CONTROL_STATUS_BYTES_MAX } from "../../src/control-limits.ts";
import { CommandFailure } from "../operator/command-failure.ts";

/** A table of a million entries is searched in a second. */
const ANSWER_MS_MAX = 30_000;

/** What a command answers that succeeds; throws a CommandFailure for anything else. */
export async function askProcess<T>(
  who: "balancer" | "agent",
  path: string,
  command: string,
  args: object = {},
): Promise<T> {
  const patience = { answerMs: ANSWER_MS_MAX, answerBytesMax: CONTROL_STATUS_BYTES_MAX };
  const reply = await askControl(path, command, patience, { ...args });
  if (reply.kind === "failure") {
    throw new CommandFailure(noAnswer(who, path, reply.failure, reply.text));
  }
  const { ok, message } = reply.value;
  if (ok === false) {
    const text = typeof message === "string" ? message : "no reason was given";
    throw new CommandFailure(
      text.includes("expected the command")
        ? `the ${who} is of another version and does not know "${command}": restart the node, or use its own tandem`
        : text,
    );
  }
  return reply.value as T;
}

function noAnswer(who: string, path: string, failure: string, text: string): string {
  switch (failure) {
    case "absent":
      return (
        `no ${who} answers at "${path}": there is no such socket. Start the node, ` +
        `or name the folder of its sockets with --control-dir`
      );
    case "ended":
      return `no ${who} answers at "${path}": it has ended. Start the node again`;
    case "denied":
      return `"${path}" is another user's: run as that user, or as root`;
    case "silent":
      return `the ${who} at "${path}" gave ${text}: see "tandem status"`;
    default:
      return `the ${who} at "${path}" gave no usable answer (${text})`;
  }
}
