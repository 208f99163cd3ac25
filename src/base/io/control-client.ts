// The other end of a control socket: asks, and says in words why there is no answer.
import { connect } from "node:net";
import { parseObject, readLine } from "./control-line.ts";

/**
 * Why a process gave no answer. absent: there is no socket. ended: nobody listens there any more.
 * denied: it is another user's. silent: nothing came in time. garbled: what came is no answer.
 */
export type ControlFailure = "absent" | "ended" | "denied" | "silent" | "garbled" | "failed";

/** How a question ended. */
export type ControlReply =
  | { readonly kind: "answer"; readonly value: Readonly<Record<string, unknown>> }
  | {
      readonly kind: "failure";
      readonly failure: ControlFailure;
      /** What happened, without the path; for people. */
      readonly text: string;
    };

/** How long to wait, and for how much. */
export interface ControlPatience {
  /** For the whole answer, ms. */
  readonly answerMs: number;
  readonly answerBytesMax: number;
}

const FAILURES: Readonly<Record<string, ControlFailure>> = {
  ENOENT: "absent",
  ENOTDIR: "absent",
  ECONNREFUSED: "ended",
  EACCES: "denied",
  EPERM: "denied",
  ECONNRESET: "garbled",
  EPIPE: "garbled",
};

const NO_ANSWER = "the connection ended without a usable answer";

/** Sends one command with its arguments; always resolves. */
export function askControl(
  path: string,
  command: string,
  { answerMs, answerBytesMax }: ControlPatience,
  args: Readonly<Record<string, unknown>> = {},
): Promise<ControlReply> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const timer = setTimeout(
      () => fail("silent", `no answer within ${answerMs / 1000} s`),
      answerMs,
    );
    function settle(reply: ControlReply): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    }
    function fail(failure: ControlFailure, text: string): void {
      settle({ kind: "failure", failure, text });
    }
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.message;
      const failure = FAILURES[code] ?? "failed";
      fail(failure, failure === "garbled" ? NO_ANSWER : code);
    });
    socket.write(`${JSON.stringify({ ...args, command })}\n`);
    readLine(socket, answerBytesMax, (line) => {
      const value = line === undefined ? undefined : parseObject(line);
      if (value !== undefined) settle({ kind: "answer", value });
      // An error of the connection is told of after its end, and says more.
      else setImmediate(() => fail("garbled", NO_ANSWER));
    });
  });
}
