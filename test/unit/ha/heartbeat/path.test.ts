import { describe, expect, test } from "vitest";
import { parseIp } from "../../../../src/base/ip.ts";
import type { HeartbeatEntry } from "../../../../ha/heartbeat/codec.ts";
import { HeartbeatPath } from "../../../../ha/heartbeat/path.ts";

const KEY = new TextEncoder().encode("a secret of the pair");
const ENTRY: HeartbeatEntry = {
  family: 4,
  vrid: 51,
  priority: 100,
  intervalMs: 100,
  source: parseIp("10.98.0.2")!,
  state: "MASTER",
};
const ENTRY6: HeartbeatEntry = {
  ...ENTRY,
  family: 6,
  source: parseIp("fe80::2")!,
  state: "BACKUP",
};

function path(nonce: number, key = KEY): HeartbeatPath {
  return new HeartbeatPath({ key, nonce: new Uint8Array(8).fill(nonce) });
}

/** Two paths that trust each other. */
function pair(): [HeartbeatPath, HeartbeatPath] {
  const [a, b] = [path(1), path(2)];
  b.receive(a.encode([]), 0);
  a.receive(b.encode([]), 0);
  b.receive(a.encode([]), 0);
  expect([a.isTrusted, b.isTrusted]).toEqual([true, true]);
  b.receive(a.encode([]), 0);
  a.receive(b.encode([]), 0);
  return [a, b];
}

describe("a heartbeat path", () => {
  test("nobody is believed before it has sent back the nonce of this run", () => {
    const [a, b] = [path(1), path(2)];
    expect(b.receive(a.encode([ENTRY]), 0)).toEqual({ kind: "hello" });
    expect(b.isTrusted).toBe(false);
    expect(a.receive(b.encode([ENTRY6]), 0)).toEqual({ kind: "adverts", entries: [ENTRY6] });
    expect(b.receive(a.encode([ENTRY]), 5)).toEqual({ kind: "adverts", entries: [ENTRY] });
    expect([a.isTrusted, b.isTrusted, b.lastHeardMs]).toEqual([true, true, 5]);
  });

  test("answering every hello ends with trust on both sides, not in a storm", () => {
    const [a, b] = [path(1), path(2)];
    let [from, to] = [a, b];
    let count = 0;
    for (; to.receive(from.encode([]), 0).kind === "hello"; count++) [from, to] = [to, from];
    expect([a.isTrusted, b.isTrusted]).toEqual([true, true]);
    expect(count).toBeLessThanOrEqual(4);
  });

  test("a recording is refused, and so is what was overtaken", () => {
    const [a, b] = pair();
    const first = a.encode([ENTRY]);
    const second = a.encode([ENTRY]);
    expect(b.receive(second, 0).kind).toBe("adverts");
    expect(b.receive(second, 0)).toEqual({ kind: "dropped", reason: "replay" });
    expect(b.receive(first, 0)).toEqual({ kind: "dropped", reason: "replay" });
    expect(b.counters.dropped.replay).toBe(2);
  });

  test("a peer that restarts proves itself anew; its former run is history", () => {
    const [a, b] = pair();
    const recorded = a.encode([{ ...ENTRY, priority: 0 }]);
    const again = path(3);
    expect(b.receive(again.encode([ENTRY]), 0).kind).toBe("hello");
    expect(again.receive(b.encode([]), 0).kind).toBe("hello");
    expect(b.receive(again.encode([ENTRY]), 0).kind).toBe("adverts");
    expect(b.receive(recorded, 0)).toEqual({ kind: "dropped", reason: "replay" });
    expect(b.receive(again.encode([ENTRY]), 0).kind).toBe("adverts");
  });

  test("a recording of a run before ours is never believed", () => {
    const [a, b] = pair();
    const recorded = a.encode([{ ...ENTRY, priority: 0 }]);
    const restarted = path(4);
    expect(restarted.receive(recorded, 0)).toEqual({ kind: "hello" });
    expect(restarted.receive(recorded, 0)).toEqual({ kind: "hello" });
    expect(restarted.isTrusted).toBe(false);
    expect(b.isTrusted).toBe(true);
  });

  test("a recording does not unsettle a trusted peer", () => {
    const [a, b] = pair();
    const stranger = path(9);
    expect(b.receive(stranger.encode([]), 0).kind).toBe("hello");
    expect(b.receive(a.encode([ENTRY]), 0).kind).toBe("adverts");
    expect(a.receive(b.encode([ENTRY]), 0).kind).toBe("adverts");
  });

  test("once trusted, a peer that hears nothing is still heard", () => {
    const [a, b] = pair();
    for (let i = 0; i < 100; i++) expect(b.receive(a.encode([ENTRY]), i).kind).toBe("adverts");
  });

  test("our own datagrams, another key and other formats are dropped", () => {
    const [a, b] = pair();
    const datagram = a.encode([ENTRY]);
    expect(a.receive(datagram, 0)).toEqual({ kind: "dropped", reason: "own" });
    const other = path(5, new TextEncoder().encode("another secret"));
    expect(b.receive(other.encode([ENTRY]), 0)).toEqual({ kind: "dropped", reason: "tag" });
    expect(b.receive(new Uint8Array(70), 0)).toEqual({ kind: "dropped", reason: "format" });
    expect(b.receive(datagram.subarray(1), 0)).toEqual({ kind: "dropped", reason: "format" });
    expect(b.receive(datagram.subarray(0, -1), 0)).toEqual({ kind: "dropped", reason: "format" });
  });

  test("one changed bit anywhere and it does not count", () => {
    const [a, b] = pair();
    const datagram = a.encode([ENTRY]);
    for (let bit = 0; bit < datagram.length * 8; bit++) {
      const changed = Uint8Array.from(datagram);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(b.receive(changed, 0).kind).toBe("dropped");
    }
    expect(b.receive(datagram, 0).kind).toBe("adverts");
  });

  test("the layout stays: nodes of two releases talk to each other", () => {
    const bytes = Buffer.from(path(1).encode([ENTRY])).toString("hex");
    expect(bytes.slice(0, -64)).toBe(
      "5444484201000001" +
        "0101010101010101" +
        "0000000000000000" +
        "0000000000000001" +
        "04336402" +
        "00000064" +
        "0a620002000000000000000000000000",
    );
    expect(bytes).toHaveLength(2 * (32 + 24 + 32));
  });
});
