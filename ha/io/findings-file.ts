// Where `keepalived --config-test=FILE` leaves its findings.
import { writeFile } from "node:fs/promises";
import { systemErrorText } from "./system-error.ts";

/** Replaces the file; the number and text of the error where that fails. */
export async function writeFindings(path: string, text: string): Promise<string | undefined> {
  try {
    await writeFile(path, text);
    return undefined;
  } catch (error) {
    return systemErrorText(error);
  }
}
