// The configuration files that users have, moved to addresses of the test.
import { readFileSync } from "node:fs";
import path from "node:path";
import { REPOSITORY_DIR } from "../support/repository.ts";

const FOLDER = path.join(REPOSITORY_DIR, "test", "configs");

/** What stands in the file, and what is to stand there. */
export type Replacement = readonly [found: string, wanted: string];

/** The path of a file of `test/configs`. */
export function usersFile(name: string): string {
  return path.join(FOLDER, name);
}

/** Its text with replacements, each made everywhere; throws when one does not occur. */
export function usersConfig(name: string, replacements: readonly Replacement[] = []): string {
  return replacements.reduce(
    (text, [found, wanted]) => {
      if (!text.includes(found)) throw new Error(`"${found}" is not in ${name}`);
      return text.replaceAll(found, wanted);
    },
    readFileSync(usersFile(name), "utf8"),
  );
}
