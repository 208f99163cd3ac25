// Errors of the system as the C library prints them.

/** `2 - No such file or directory`: the number and text of a failed system call. */
export function systemErrorText(error: unknown): string {
  const { errno = 0, message = String(error) } = error as Partial<NodeJS.ErrnoException>;
  const text = /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
  return `${Math.abs(errno)} - ${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
