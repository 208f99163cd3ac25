import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { REPOSITORY_DIR } from "../support/repository.ts";

/** One file of the repository; `path` is relative and uses `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

const SKIPPED: ReadonlySet<string> = new Set(["node_modules", "dist", ".git", "coverage"]);

/** All files below the given folders whose names end in one of `endings`. */
export function sourceFiles(
  folders: readonly string[],
  endings: readonly string[],
): readonly SourceFile[] {
  return folders
    .flatMap(list)
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .map((file) => {
      const text = readFileSync(path.join(REPOSITORY_DIR, file), "utf8");
      return { path: file, text, lines: text.replace(/\n$/, "").split("\n") };
    });
}

function list(folder: string): string[] {
  const absolute = path.join(REPOSITORY_DIR, folder);
  // A folder of the plan that holds nothing yet is not in a clone.
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const file = `${folder}/${entry.name}`;
    return entry.isDirectory() ? list(file) : [file];
  });
}

const STATIC_IMPORT = /^(?:import|export)\b[^;"']*?\bfrom\s*"([^"]+)"/gm;
const BARE_IMPORT = /^import\s*"([^"]+)"/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*"([^"]+)"/g;

/** The modules that a file imports, dynamic imports of a literal included. */
export function importsOf(file: SourceFile): readonly string[] {
  return [STATIC_IMPORT, BARE_IMPORT, DYNAMIC_IMPORT].flatMap((pattern) =>
    Array.from(file.text.matchAll(pattern), (match) => match[1]!),
  );
}

/** As `importsOf`, but only what is left when types are erased. */
export function runtimeImportsOf(file: SourceFile): readonly string[] {
  return importsOf(withoutTypes(file));
}

/** As `runtimeImportsOf`, but only what is read as soon as the file is. */
export function startupImportsOf(file: SourceFile): readonly string[] {
  const { text, ...rest } = withoutTypes(file);
  return importsOf({ ...rest, text: text.replace(DYNAMIC_IMPORT, "") });
}

function withoutTypes(file: SourceFile): SourceFile {
  return { ...file, text: file.text.replace(/\b(?:import|export) type [^;]*;/g, "") };
}

/** A file's text without comments; strings stay. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
}
