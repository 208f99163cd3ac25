// Finds and reads the files that `-f` names.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Diagnostic } from "../base/diagnostic.ts";
import type { ConfigSource } from "../config/read.ts";
import { CONFIG_FILE_BYTES_MAX } from "../limits.ts";

/** The files that could be read, in order, and what was wrong with the others. */
export interface ReadFiles {
  readonly sources: readonly ConfigSource[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads the arguments of `-f`: files, and folders, whose `*.cfg` files are taken in the order of
 * their names (haproxy management §3). One bad argument does not hide another.
 */
export async function readConfigFiles(paths: readonly string[]): Promise<ReadFiles> {
  const sources: ConfigSource[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const path of paths) {
    const found = await expand(path);
    if (!Array.isArray(found)) {
      diagnostics.push(found);
      continue;
    }
    for (const file of found) {
      const read = await readOne(file);
      if ("text" in read) sources.push(read);
      else diagnostics.push(read);
    }
  }
  return { sources, diagnostics };
}

async function expand(path: string): Promise<string[] | Diagnostic> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter(isConfigName);
    return names.sort(compareBytes).map((name) => join(path, name));
  } catch (error) {
    return alert(`Cannot open configuration file/directory ${path} : ${reasonOf(error)}`);
  }
}

/** HAProxy skips hidden files. */
function isConfigName(name: string): boolean {
  return name.endsWith(".cfg") && !name.startsWith(".");
}

/** The order of the C locale, whatever locale is set. */
function compareBytes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

async function readOne(path: string): Promise<ConfigSource | Diagnostic> {
  try {
    const { size } = await stat(path);
    if (size > CONFIG_FILE_BYTES_MAX) {
      return alert(
        `configuration file ${path} has ${size} bytes, expected at most ${CONFIG_FILE_BYTES_MAX}`,
      );
    }
    return decode(path, await readFile(path));
  } catch (error) {
    return alert(`Could not open configuration file ${path} : ${reasonOf(error)}`);
  }
}

function decode(path: string, bytes: Buffer): ConfigSource | Diagnostic {
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    return located(path, bytes, nul, "found a NUL byte, expected text", "write the file again");
  }
  try {
    return { name: path, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    const bad = firstInvalidByte(bytes);
    return located(path, bytes, bad, "found bytes that are not UTF-8", "save the file as UTF-8");
  }
}

/** Where a lenient decoding differs from the file: encoding it again keeps all that came before. */
function firstInvalidByte(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString("utf8"), "utf8");
  let index = 0;
  while (index < bytes.length && bytes[index] === again[index]) index++;
  return index;
}

function located(
  file: string,
  bytes: Buffer,
  index: number,
  message: string,
  hint: string,
): Diagnostic {
  let line = 1;
  for (let at = bytes.indexOf(10); at >= 0 && at < index; at = bytes.indexOf(10, at + 1)) line++;
  const column = index - bytes.lastIndexOf(10, index);
  return { severity: "alert", message, position: { file, line, column }, hint };
}

function alert(message: string): Diagnostic {
  return { severity: "alert", message };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EISDIR: "Is a directory",
  ENOTDIR: "Not a directory",
  ELOOP: "Too many levels of symbolic links",
  EMFILE: "Too many open files",
};

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
