// Programs of the tests that run in a process of their own: Node 20 takes no TypeScript.
import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { REPOSITORY_DIR } from "./repository.ts";
import { tempDir } from "./temp.ts";

/**
 * Compiles a file of the repository and all that it imports, without checking types, into a folder
 * that is removed with the tests. Gives the path of the program, to be run by `node`.
 */
export function compileProgram(file: string): string {
  const outDir = tempDir();
  const program = ts.createProgram([path.join(REPOSITORY_DIR, file)], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    rootDir: REPOSITORY_DIR,
    outDir,
    noCheck: true,
    noLib: true,
    types: [],
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  });
  program.emit();
  writeFileSync(path.join(outDir, "package.json"), '{ "type": "module" }');
  symlinkSync(path.join(REPOSITORY_DIR, "node_modules"), path.join(outDir, "node_modules"));
  // Native parts, where they are built.
  const buildDir = path.join(REPOSITORY_DIR, "build");
  if (existsSync(buildDir)) symlinkSync(buildDir, path.join(outDir, "build"));
  return path.join(outDir, file.replace(/\.ts$/, ".js"));
}
