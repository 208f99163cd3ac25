/** Texts of strerror(3) for the errors that opening a file meets. */
const TEXTS: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EISDIR: "Is a directory",
  ENOTDIR: "Not a directory",
  EMFILE: "Too many open files",
  ELOOP: "Too many levels of symbolic links",
};

/** What the system says of a failed call, worded as the C library does. */
export function systemErrorText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return TEXTS[code ?? ""] ?? message;
}
