// Values below /proc/sys.
import { readFileSync, writeFileSync } from "node:fs";

/** Writes kernel settings and can put back what was there before. */
export class Sysctls {
  readonly #former = new Map<string, string>();

  /** Writes a value; `path` is as `net/ipv4/conf/eth0/arp_ignore`. Gives what went wrong. */
  write(path: string, value: string): string | undefined {
    const file = `/proc/sys/${path}`;
    try {
      const former = readFileSync(file, "utf8").trim();
      if (former === value) return undefined;
      writeFileSync(file, value);
      if (!this.#former.has(path)) this.#former.set(path, former);
      return undefined;
    } catch (error) {
      return `"${value}" cannot be written to ${file}: ${(error as Error).message}`;
    }
  }

  /** Puts back what was there before the first write; what is gone meanwhile is left. */
  restore(): void {
    for (const [path, value] of this.#former) {
      try {
        writeFileSync(`/proc/sys/${path}`, value);
      } catch {
        // The interface is gone, and its settings with it.
      }
    }
    this.#former.clear();
  }
}
