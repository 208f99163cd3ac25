// Finds certificate files: single ones, folders of them, and the lists of `crt-list`.
import fs from "node:fs";
import path from "node:path";
import { systemErrorText } from "./system-error.ts";

/** A certificate file and the names that it answers, when a list says so. */
export interface CertificateFile {
  readonly path: string;
  /** Server name filters; empty for the names in the certificate itself. */
  readonly filters: readonly string[];
}

/** Files found, and what is wrong with those that could not be. */
export interface FoundFiles {
  readonly files: readonly CertificateFile[];
  readonly problems: readonly FileProblem[];
}

/** A problem in HAProxy's words; a warning does not prevent the start. */
export interface FileProblem {
  readonly severity: "alert" | "warning";
  readonly message: string;
}

/** Files beside a certificate that belong to it and are none themselves. */
const COMPANIONS: readonly string[] = [".key", ".ocsp", ".issuer", ".sctl", ".dh"];

/** Options that a line of a list may set for one certificate. */
const LIST_OPTIONS: ReadonlySet<string> = new Set([
  "allow-0rtt",
  "alpn",
  "ca-file",
  "ca-verify-file",
  "ciphers",
  "ciphersuites",
  "crl-file",
  "curves",
  "ecdhe",
  "no-alpn",
  "no-ca-names",
  "npn",
  "ocsp-update",
  "ssl-max-ver",
  "ssl-min-ver",
  "verify",
]);

/** `crt <file or folder>`. A folder's files are taken in the order of their names. */
export function findCertificates(crt: string): FoundFiles {
  let isFolder: boolean;
  try {
    isFolder = fs.statSync(crt).isDirectory();
  } catch (error) {
    return { files: [], problems: [cannotStat(crt, error)] };
  }
  if (!isFolder) return { files: [{ path: crt, filters: [] }], problems: [] };
  const files = fs
    .readdirSync(crt, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith("."))
    .filter((entry) => !COMPANIONS.some((suffix) => entry.name.endsWith(suffix)))
    .map((entry) => ({ path: path.join(crt, entry.name), filters: [] }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, problems: [] };
}

/** `crt-list <file>`: lines of `<crt> [\[option ...\]] [[!]<name> ...]`, `#` begins a comment. */
export function findListed(list: string, crtBase: string | undefined): FoundFiles {
  let text: string;
  try {
    text = fs.readFileSync(list, "utf8");
  } catch (error) {
    const why = systemErrorText(error);
    return {
      files: [],
      problems: [alert(`'crt-list' : cannot open file '${list}' : ${why}`)],
    };
  }
  const files: CertificateFile[] = [];
  const problems: FileProblem[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const parsed = parseListLine(line);
    if (parsed === undefined) continue;
    const where = `'crt-list' : parsing [${list}:${index + 1}]`;
    for (const option of parsed.options) {
      problems.push(
        LIST_OPTIONS.has(option)
          ? optionProblem(where, option)
          : alert(`${where}: unknown ssl keyword ${option}`),
      );
    }
    const found = findCertificates(withBase(parsed.crt, crtBase));
    files.push(...found.files.map((file) => ({ ...file, filters: parsed.filters })));
    problems.push(...found.problems.map((problem) => alert(`'crt-list' : ${problem.message}`)));
  }
  return { files, problems };
}

/** A path as `crt-base` or `ca-base` completes it. */
export function withBase(file: string, base: string | undefined): string {
  if (base === undefined || path.isAbsolute(file) || file.startsWith("@")) return file;
  return path.join(base, file);
}

function parseListLine(
  line: string,
): { crt: string; options: readonly string[]; filters: readonly string[] } | undefined {
  const text = line.replace(/(^|\s)#.*$/, "").trim();
  if (text === "") return undefined;
  const match = /^(\S+)\s*(?:\[([^\]]*)\])?\s*(.*)$/.exec(text);
  if (match === null) return undefined;
  return {
    crt: match[1]!,
    options: optionNames(words(match[2] ?? "")),
    filters: words(match[3] ?? ""),
  };
}

/** The keywords among words of which some are values: all options but three take one. */
function optionNames(all: readonly string[]): string[] {
  const names: string[] = [];
  for (let i = 0; i < all.length; i++) {
    const name = all[i]!;
    names.push(name);
    const isFlag = name === "allow-0rtt" || name === "no-alpn" || name === "no-ca-names";
    if (!isFlag && LIST_OPTIONS.has(name)) i++;
  }
  return names;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** What decides who gets in must not be left out; the rest falls back to the `bind` line's. */
function optionProblem(where: string, option: string): FileProblem {
  const message = `${where}: '${option}' is not served per certificate, set it on the 'bind' line`;
  const decidesAccess = ["verify", "ca-file", "ca-verify-file", "crl-file"].includes(option);
  return { severity: decidesAccess ? "alert" : "warning", message };
}

function cannotStat(file: string, error: unknown): FileProblem {
  const why = systemErrorText(error);
  return alert(`unable to stat SSL certificate from file '${file}' : ${why}.`);
}

function alert(message: string): FileProblem {
  return { severity: "alert", message };
}
