// What the reader of keepalived.conf asks of the node: files, interfaces, programs, users.
import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SourceReader } from "../config/read.ts";
import { CONFIG_BYTES_MAX, CONFIG_FILES_MAX } from "../limits.ts";

/** Alternatives that the braces of one pattern may make. */
const ALTERNATIVES_MAX = 1_024;

/** Reads from the file system. */
export function fileSources(): SourceReader {
  return { read: readFile, glob };
}

/** A file as text; one that is too long comes back just long enough to be refused. */
function readFile(path: string): string | undefined {
  try {
    const { size } = statSync(path);
    if (size > CONFIG_BYTES_MAX) return " ".repeat(CONFIG_BYTES_MAX + 1);
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The files that match, in the order of their names; each alternative of braces by itself. */
function glob(pattern: string): readonly string[] {
  const found = expandBraces(pattern).flatMap((one) => globOne(one));
  return found.filter(isFile).slice(0, CONFIG_FILES_MAX + 1);
}

/** `a{b,c{d,e}}` as `ab`, `acd`, `ace`; bounded. */
export function expandBraces(pattern: string): readonly string[] {
  let open = [pattern];
  const done: string[] = [];
  while (open.length > 0 && open.length + done.length <= ALTERNATIVES_MAX) {
    const next: string[] = [];
    for (const text of open) {
      // An innermost pair of braces.
      const match = /\{([^{}]*)\}/.exec(text);
      if (match === null) done.push(text);
      else {
        const before = text.slice(0, match.index);
        const after = text.slice(match.index + match[0].length);
        for (const choice of match[1]!.split(",")) next.push(before + choice + after);
      }
    }
    open = next;
  }
  return [...new Set(done)];
}

function globOne(pattern: string): readonly string[] {
  let folders = [pattern.startsWith("/") ? "/" : ""];
  for (const segment of pattern.split("/").filter((part) => part !== "")) {
    folders = folders.flatMap((folder) => matchSegment(folder, segment));
    if (folders.length === 0) return [];
  }
  return pattern.endsWith("/") ? [] : folders;
}

function matchSegment(folder: string, segment: string): readonly string[] {
  if (!/[*?[]/.test(segment)) return [join(folder, segment)];
  const expression = segmentExpression(segment);
  try {
    return readdirSync(folder === "" ? "." : folder)
      .filter((name) => name.startsWith(".") === segment.startsWith(".") && expression.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function segmentExpression(segment: string): RegExp {
  const source = segment
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replaceAll("?", ".")
    .replaceAll("[!", "[^");
  try {
    return new RegExp(`^${source}$`, "s");
  } catch {
    return /^(?!)/;
  }
}

function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Whether the kernel knows an interface. */
export function interfaceExists(name: string): boolean {
  if (!/^[^/\s]{1,15}$/.test(name) || name === "." || name === "..") return false;
  try {
    lstatSync(`/sys/class/net/${name}`);
    return true;
  } catch {
    return false;
  }
}

/** Whether the user database of this node's files has a name, or it is a number. */
export function userExists(name: string): boolean {
  if (/^\d+$/.test(name)) return true;
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n");
    return lines.some((line) => line.startsWith(`${name}:`));
  } catch {
    return true;
  }
}
