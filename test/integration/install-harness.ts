// Trees that scripts/install has installed into a folder.
import { readdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { runToEnd } from "../support/process.ts";
import { requireProgram } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";

/** Runs scripts/install on `root` with the build as it is; it has to succeed. */
export async function install(root: string, ...options: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd({
    command: path.join(REPOSITORY_DIR, "scripts", "install"),
    args: ["--root", root, "--no-build", ...options],
  });
  expect(code, stdout + stderr).toBe(0);
  return stdout + stderr;
}

/** An empty folder, and a tree installed into it. */
export async function installedTree(...options: readonly string[]): Promise<string> {
  const root = path.join(tempDir(), "root");
  await install(root, ...options);
  return root;
}

/** Everything in a folder, by relative paths in order; folders too. */
export function filesBelow(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).sort();
}

/** A PATH with these programs and no others: no compiler, no npm. */
export function pathOf(...programs: readonly string[]): string {
  const folder = tempDir();
  for (const program of programs) {
    symlinkSync(requireProgram(program), path.join(folder, program));
  }
  return folder;
}

/** Programs of a tree are run as users run them: by their place, with nothing but the basics. */
export async function runInstalled(
  root: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ReturnType<typeof runToEnd> {
  return runToEnd({ command: path.join(root, command), args, env });
}
