// Any mover against a simple model: what one end of a relay writes, the other end reads, all of it and
// in order, until its end; the counters say how much that was.
import { once } from "node:events";
import type net from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Harness, listenBackend, MOVERS_AND_FAR } from "../integration/mover-harness.ts";

type Side = "client" | "server";

/** One thing that one end does. */
type Step =
  | { readonly kind: "write"; readonly side: Side; readonly byteCount: number }
  | { readonly kind: "end" | "pause" | "resume"; readonly side: Side }
  | { readonly kind: "turn" };

const side = fc.constantFrom<Side>("client", "server");
const byteCount = fc.oneof(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 5_000 }),
  fc.integer({ min: 60_000, max: 400_000 }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), side, byteCount }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pause" as const), side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("resume" as const), side }) },
  { weight: 3, arbitrary: fc.constant({ kind: "turn" as const }) },
);

/** One end: what it has written and read. */
class End {
  readonly socket: net.Socket;
  written = 0;
  read = 0;
  hasEnded = false;
  readonly finished: Promise<unknown>;

  constructor(socket: net.Socket, seed: number) {
    this.socket = socket;
    this.finished = once(socket, "end");
    socket.on("data", (bytes: Buffer) => {
      for (const byte of bytes) {
        if (byte !== byteAt(seed, this.read)) throw new Error(`byte ${this.read} is another one`);
        this.read++;
      }
    });
  }

  write(count: number, seed: number): void {
    if (this.hasEnded) return;
    const bytes = Buffer.allocUnsafe(count);
    for (let i = 0; i < count; i++) bytes[i] = byteAt(seed, this.written + i);
    this.written += count;
    this.socket.write(bytes);
  }

  end(): void {
    this.hasEnded = true;
    this.socket.end();
  }
}

/** The bytes of a stream, which any read can be checked against. */
function byteAt(seed: number, index: number): number {
  return (Math.imul(index ^ seed, 2_654_435_761) >>> 13) & 255;
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test.each(MOVERS_AND_FAR)(
  "$name: relays deliver what was written",
  async (factory) => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const backend = await listenBackend();
    const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { client, id } = await harness.accept(port);
      const serverId = await harness.connect(backend.port);
      const ends = {
        client: new End(client, 2),
        server: new End(await backend.nextConnection(), 1),
      };
      const seeds = { client: 1, server: 2 };
      harness.mover.relay(id, serverId, { clientMs: 30_000, serverMs: 30_000 });
      for (const each of steps) {
        if (each.kind === "turn") await turn();
        else if (each.kind === "write") ends[each.side].write(each.byteCount, seeds[each.side]);
        else if (each.kind === "end") ends[each.side].end();
        else ends[each.side].socket[each.kind]();
      }
      for (const end of [ends.client, ends.server]) {
        end.end();
        end.socket.resume();
      }
      await Promise.all([ends.client.finished, ends.server.finished]);
      const ended = await harness.next("relay-ended", (event) => event.client === id);
      expect([ends.server.read, ends.client.read]).toEqual([
        ends.client.written,
        ends.server.written,
      ]);
      expect(ended.counters).toEqual({
        bytesToServer: ends.client.written,
        bytesToClient: ends.server.written,
      });
      expect(["client-closed", "server-closed"]).toContain(ended.end);
    });
    await fc.assert(property, { numRuns: 60 });
  },
  120_000,
);
