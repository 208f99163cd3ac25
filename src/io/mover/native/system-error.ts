import { getSystemErrorName } from "node:util";

/** What the system refused, in the words that Node has for it: `connect ECONNREFUSED`. */
export interface SystemError {
  readonly code: string;
  readonly message: string;
}

/** The name of an errno (positive), and a message of the call that met it. */
export function systemError(errno: number, call: string): SystemError {
  const code = getSystemErrorName(-errno);
  return { code, message: `${call} ${code}` };
}
