import { connectionKey } from "../../../src/base/connection-key.ts";
import { byteString } from "../../../src/rules/bytes.ts";
import type { StickTable } from "../../../src/stick/table.ts";

/** Puts connections of 198.51.100.1, by port, into a list of live ones as a peer teaches them. */
export function learn(
  table: StickTable,
  ports: readonly number[],
  local: string,
  nowMs: number,
  value = 1,
): void {
  for (const port of ports) {
    const client = { kind: "ip", family: 4, host: "198.51.100.1", port } as const;
    const key = connectionKey(client, { kind: "ip", family: 4, host: local, port: 1883 })!;
    const entry = table.getOrCreate(byteString(key), nowMs)!;
    table.write(entry, "gpt0", 0, value, nowMs);
    table.touch(entry, nowMs, "peer");
  }
}
