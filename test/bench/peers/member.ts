// A member of the peers section in the bench's own process: it teaches a node what it is to hold, and
// sees when changes arrive.
import type { GroupEvent } from "../../../src/peers/group-events.ts";
import { LiveGroup, type PeerPorts } from "../../interop/peers-harness.ts";
import { waitFor } from "../../support/wait-for.ts";
import { tableSpec } from "../../unit/stick/spec.ts";
import { monotonicMs, TABLE_NAME } from "./node.ts";

const SPEC = tableSpec({
  name: TABLE_NAME,
  keyLengthMax: 32,
  hasLength: true,
  size: 2_000_000,
  expireMs: 1_800_000,
  store: "server_id,server_key",
});

/** A group that notes when its table grew last. */
export class Member extends LiveGroup {
  /** When the last new entry had arrived, ms on the system's monotonic clock. */
  grownMs = 0;
  #count = 0;

  constructor(name: string, ports: PeerPorts) {
    super(name, ports, [SPEC]);
  }

  get usedCount(): number {
    return this.tables[0]!.usedCount;
  }

  override tell(event: GroupEvent): void {
    super.tell(event);
    if (event.kind !== "bytes" || this.usedCount === this.#count) return;
    this.#count = this.usedCount;
    this.grownMs = monotonicMs();
  }

  /** Fills its table with keys of 20 bytes. */
  fill(entryCount: number): void {
    for (let number = 0; number < entryCount; number += 1) {
      const key = `device-${String((number * 7_919) % 10_000_000).padStart(13, "0")}`;
      this.set(this.tables[0]!, key, 1 + (number % 3));
    }
    this.#count = this.usedCount;
  }

  /** Waits until a node has confirmed a lesson of this one. */
  async isConfirmed(peer: string): Promise<void> {
    await waitFor(
      () =>
        this.group
          .status(performance.now())
          .peers.some(({ name, counters }) => name === peer && counters.confirmCount > 0),
      { timeoutMs: 60_000, what: `the confirmation of a lesson by ${peer}` },
    );
  }

  /** Waits until its table has so many entries. */
  async holds(entryCount: number): Promise<void> {
    await waitFor(() => this.usedCount >= entryCount, {
      timeoutMs: 60_000,
      what: () => `${entryCount} entries, found ${this.usedCount}`,
    });
  }
}
