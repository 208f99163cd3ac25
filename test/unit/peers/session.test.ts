import { describe, expect, test } from "vitest";
import type { StickTableSpec } from "../../../src/config/model/stick.ts";
import { EntryVersions } from "../../../src/peers/entry-versions.ts";
import { FrameReader } from "../../../src/peers/framing.ts";
import { decodeMessage, type PeerMessage } from "../../../src/peers/messages.ts";
import { PeerMemory } from "../../../src/peers/peer-memory.ts";
import { PeerSession } from "../../../src/peers/session.ts";
import type { PeerEffect, PeerEvent } from "../../../src/peers/session-events.ts";
import { StickTable } from "../../../src/stick/table.ts";
import { tableSpec } from "../stick/spec.ts";
import { bytes } from "./bytes.ts";

const BE = tableSpec({
  name: "be",
  keyLengthMax: 32,
  expireMs: 1_800_000,
  size: 10_000,
  store: "server_id,conn_cur,server_key",
});
const STICKY = { ...BE, store: BE.store.filter(({ type }) => type !== "conn_cur") };
const DEFINE = '0a 82 0e | 01 02 "be" 06 21 f1f1fe00 f0e5ed05';

/** A session that HAProxy has called, with what it writes. */
class Rig {
  readonly table: StickTable;
  readonly memory: PeerMemory;
  readonly session: PeerSession;
  readonly effects: PeerEffect[] = [];
  nowMs = 1_000;
  isComplete = true;
  #written: Buffer[] = [];

  constructor(
    spec: StickTableSpec = STICKY,
    former?: { readonly table: StickTable; readonly memory: PeerMemory },
    hello = "HAProxyS 2.1\nnodea\nnodeb 7 1\n",
  ) {
    this.table = former?.table ?? new StickTable(spec);
    this.memory = former?.memory ?? new PeerMemory("nodeb");
    const versions = new EntryVersions(this.table, 0, 0);
    const shared = { name: "be", table: this.table, versions, isPrivate: false };
    const hidden = { ...shared, name: "hidden", isPrivate: true };
    this.session = new PeerSession(
      {
        role: { kind: "called", admit: () => ({ kind: "admitted", memory: this.memory }) },
        node: { localName: "nodea", pid: 1, instance: 9 },
        tables: [shared, hidden],
        isComplete: () => this.isComplete,
      },
      this.nowMs,
    );
    this.give({ kind: "bytes", bytes: Buffer.from(hello) });
    const answer = this.written();
    expect(answer.toString("latin1")).toMatch(/^200(?: tandem\/1 00000009)?\n/);
    this.#written.unshift(answer.subarray(answer.indexOf(10) + 1));
    this.effects.length = 0;
  }

  give(event: PeerEvent): void {
    this.session.handle(event, this.nowMs);
    for (let effect = this.session.poll(); effect; effect = this.session.poll()) {
      if (effect.kind === "write") this.#written.push(Buffer.from(effect.bytes));
      else this.effects.push(effect);
    }
  }

  receive(hex: string): void {
    this.give({ kind: "bytes", bytes: bytes(hex) });
  }

  /** What has been written since the last time, and has left. */
  written(): Buffer {
    const all = Buffer.concat(this.#written);
    this.#written = [];
    this.session.handle({ kind: "drained" }, this.nowMs);
    for (let effect = this.session.poll(); effect; effect = this.session.poll()) {
      if (effect.kind === "write") this.#written.push(Buffer.from(effect.bytes));
      else this.effects.push(effect);
    }
    return all;
  }

  writtenBytes(): number {
    return this.#written.reduce((sum, piece) => sum + piece.length, 0);
  }

  messages(): PeerMessage[] {
    const reader = new FrameReader();
    const found: PeerMessage[] = [];
    reader.push(this.written());
    for (let frame = reader.next(); frame.kind === "message"; frame = reader.next()) {
      found.push(decodeMessage(frame.messageClass, frame.type, frame.body));
    }
    return found;
  }

  set(key: string, server = 1): void {
    const entry = this.table.getOrCreate(key, this.nowMs)!;
    this.table.write(entry, "server_id", 0, server, this.nowMs);
    this.table.setServerKey(entry, `b${server}`);
    this.table.touch(entry, this.nowMs, "local");
  }

  server(key: string): number | undefined {
    const entry = this.table.lookup(key, this.nowMs);
    return entry && this.table.read(entry, "server_id", 0, this.nowMs);
  }
}

function kinds(messages: readonly PeerMessage[]): string[] {
  return messages.map((message) => (message.kind === "control" ? message.name : message.kind));
}

describe("PeerSession: liveness", () => {
  test("a heartbeat after 3 s without a message, the end after 5 s of silence", () => {
    const rig = new Rig();
    expect(rig.session.nextTimeout()).toBe(4_000);
    rig.nowMs = 4_000;
    rig.give({ kind: "timeout" });
    expect(kinds(rig.messages())).toEqual(["heartbeat"]);
    rig.receive("00 04");
    rig.nowMs = 7_000;
    rig.give({ kind: "timeout" });
    expect(rig.session.state).toBe("established");
    rig.nowMs = 9_000;
    rig.give({ kind: "timeout" });
    expect(rig.effects.at(-1)).toMatchObject({ kind: "close", cause: "silence" });
    expect(rig.memory.counters.silenceCount).toBe(1);
    expect(rig.session.nextTimeout()).toBeUndefined();
  });

  test.each([
    ["0a 80 f0 e5 fe 05", "01 01"],
    ["ff 00", "01 00"],
    ["0a 82 01 01", "01 00"],
    [`${DEFINE} 0a 80 0a 00000001 04 "ab"  00 00 00`, "01 00"],
  ])("%s is answered with %s and the end", (hex, answer) => {
    const rig = new Rig();
    rig.receive(hex);
    expect(rig.written()).toEqual(bytes(answer));
    expect(rig.effects.at(-1)).toMatchObject({ kind: "close", cause: "protocol-error" });
    expect(rig.table.usedCount).toBe(0);
  });
});

describe("PeerSession: learning", () => {
  test("entries are taken and acknowledged once a batch, with the sender's table number", () => {
    const rig = new Rig();
    rig.receive(
      `0a 82 0e | 07 02 "be" 06 21 f1f1fe00 f0e5ed05 0a 80 0f 00000064 04 "dev1" 02 04 01 02 "b2" 0a 81 08 04 "dev2" 01 01 01`,
    );
    expect(rig.written()).toEqual(bytes("0a 84 05 07 00000065"));
    expect([rig.server("dev1"), rig.server("dev2")]).toEqual([2, 1]);
    expect(rig.table.serverKey(rig.table.lookup("dev2", rig.nowMs)!)).toBe("b2");
    expect(rig.session.lanes[0]!.hasChanges).toBe(false);
  });

  test("a lesson's updates set the time left, no longer than this table's expire; expired ones are dropped", () => {
    const rig = new Rig();
    rig.receive(
      `${DEFINE} 0a 85 0e 00000001 00000064 03 "one" 01 00 0a 86 0a 7fffffff 03 "two" 01 00 0a 86 0a 00000000 03 "six" 01 00`,
    );
    const left = ["one", "two"].map((key) =>
      rig.table.expiresInMs(rig.table.lookup(key, rig.nowMs)!, rig.nowMs),
    );
    expect(left).toEqual([100, 1_800_000]);
    expect(rig.table.lookup("six", rig.nowMs)).toBeUndefined();
  });

  test("conn_cur is sent, never learned", () => {
    const rig = new Rig(BE);
    rig.receive(
      '0a 82 0e | 01 02 "be" 06 21 f1f5fe00 f0e5ed05 0a 80 0b 00000001 03 "one" 05 09 00',
    );
    const entry = rig.table.lookup("one", rig.nowMs)!;
    expect(rig.table.read(entry, "conn_cur", 0, rig.nowMs)).toBe(0);
    expect(rig.server("one")).toBe(5);
    rig.set("two");
    rig.give({ kind: "changed" });
    expect(rig.messages()).toMatchObject([
      { kind: "ack" },
      {
        definition: {
          types: [{ type: { number: 0 } }, { type: { number: 6 } }, { type: { number: 19 } }],
        },
      },
      { kind: "update" },
    ]);
  });

  test("updates of a table that is not accepted are dropped, those after a switch back taken", () => {
    const rig = new Rig();
    rig.receive(
      `${DEFINE} 0a 82 0e | 02 02 "xx" 06 21 f1f1fe00 f0e5ed05 0a 80 0a 00000001 03 "one" 01 00`,
    );
    expect(rig.table.usedCount).toBe(0);
    expect(rig.effects).toMatchObject([{ kind: "mismatch", name: "xx" }]);
    rig.receive('0a 83 01 01 0a 80 0a 00000001 03 "one" 01 00');
    expect(rig.table.usedCount).toBe(1);
    rig.receive('0a 83 01 05 0a 80 0a 00000002 03 "two" 01 00');
    expect(rig.table.usedCount).toBe(1);
  });

  test("FINISHED and PARTIAL are confirmed at once, asked for or not, and no more often than 16 times at once", () => {
    const rig = new Rig();
    rig.receive("00 01 00 02");
    expect(rig.written()).toEqual(bytes("00 03 00 03"));
    expect(rig.effects).toEqual([]);
    rig.give({ kind: "learn" });
    expect(rig.written()).toEqual(bytes("00 00"));
    rig.receive("00 02");
    expect(rig.effects).toEqual([{ kind: "learned", isFull: false }]);
    rig.written();
    rig.receive("00 01 ".repeat(100));
    expect(rig.written()).toHaveLength(32);
  });

  test("a live update that crosses an own change is not taken, a later one is", () => {
    const rig = new Rig();
    rig.set("one", 1);
    rig.give({ kind: "changed" });
    rig.receive(`${DEFINE} 0a 80 0a 00000001 03 "one" 02 00`);
    expect(rig.server("one")).toBe(1);
    rig.receive('0a 84 05 01 00000001 0a 80 0a 00000002 03 "one" 03 00');
    expect(rig.server("one")).toBe(3);
  });
});

describe("PeerSession: teaching", () => {
  test("changes are sent once, with explicit ids and without times", () => {
    const rig = new Rig();
    rig.set("one", 1);
    rig.set("two", 2);
    rig.set("one", 3);
    rig.give({ kind: "changed" });
    expect(rig.written()).toEqual(
      bytes(
        '0a 82 0e | 01 02 "be" 06 21 f1f1fe00 f0e5ed05 0a 80 0e 00000002 03 "two" 02 04 01 02 "b2" 0a 80 0e 00000003 03 "one" 03 04 02 02 "b3"',
      ),
    );
    rig.give({ kind: "changed" });
    expect(rig.writtenBytes()).toBe(0);
  });

  test("a change that has waited is sent with its time left; not in 2.0, and not once it has expired", () => {
    const rig = new Rig();
    rig.set("one");
    rig.nowMs += 5_000;
    rig.give({ kind: "changed" });
    expect(rig.messages().at(-1)).toMatchObject({ kind: "update", leftMs: 1_795_000 });
    const old = new Rig(STICKY, undefined, "HAProxyS 2.0\nnodea\nnodeb 7 1\n");
    old.set("one");
    old.nowMs += 5_000;
    old.receive("00 00");
    expect(old.messages()).toMatchObject([
      { kind: "definition" },
      { kind: "update", leftMs: undefined },
      { name: "resyncFinished" },
    ]);
    const late = new Rig();
    late.set("one");
    late.nowMs += 1_800_001;
    late.give({ kind: "changed" });
    expect(kinds(late.messages())).toEqual(["heartbeat"]);
  });

  test("only a Tandem peer is sent private tables and versions", () => {
    const rig = new Rig(STICKY, undefined, "HAProxyS 2.1\nnodea\nnodeb 7 1 tandem/1 00000001\n");
    expect(rig.session.lanes.map((lane) => lane.shared.name)).toEqual(["be", "hidden"]);
    expect(new Rig().session.lanes.map((lane) => lane.shared.name)).toEqual(["be"]);
    // Both are defined at once, so that what does not agree is found before an entry is lost.
    expect(kinds(rig.messages())).toEqual(["definition", "definition"]);
    rig.set("one");
    rig.nowMs += 100;
    rig.give({ kind: "timeout" });
    const update = rig.messages().find(({ kind }) => kind === "update");
    expect(update).toMatchObject({ kind: "update", leftMs: 1_799_900 });
    if (update?.kind === "update") expect(update.reader.remaining).toBe(4 + 1 + 5 + 8);
  });

  test("a Tandem peer that knows nothing has 100 ms to ask for everything, which is then sent once", () => {
    const hello = "HAProxyS 2.1\nnodea\nnodeb 7 1 tandem/1 00000001\n";
    const former = new Rig();
    former.set("one");
    const rig = new Rig(STICKY, { table: former.table, memory: new PeerMemory("nodeb") }, hello);
    rig.give({ kind: "changed" });
    expect(kinds(rig.messages())).not.toContain("update");
    expect(rig.session.nextTimeout()).toBe(rig.nowMs + 100);
    rig.receive("00 00");
    // Once for each of the two tables.
    expect(kinds(rig.messages()).filter((kind) => kind === "update")).toHaveLength(2);
    rig.nowMs += 100;
    rig.give({ kind: "timeout" });
    expect(kinds(rig.messages())).not.toContain("update");
  });

  test("a request is answered with everything, learned entries too, then FINISHED, or PARTIAL when incomplete", () => {
    const rig = new Rig();
    rig.set("one");
    const learned = rig.table.getOrCreate("two", rig.nowMs)!;
    rig.table.touchUntil(learned, rig.nowMs + 500, "peer");
    rig.receive("00 00");
    expect(rig.messages()).toMatchObject([
      { kind: "definition" },
      { kind: "update", updateId: 1, leftMs: 1_800_000 },
      { kind: "update", updateId: 1, leftMs: 500 },
      { kind: "control", name: "resyncFinished" },
    ]);
    rig.receive("00 03");
    expect(rig.session.lanes[0]!.ackedId).toBe(1);
    expect(rig.session.lanes[0]!.behindSinceMs).toBeUndefined();
    rig.isComplete = false;
    rig.receive("00 00");
    expect(kinds(rig.messages()).at(-1)).toBe("resyncPartial");
  });

  test("an empty table is taught at once", () => {
    const rig = new Rig();
    rig.receive("00 00");
    expect(rig.written()).toEqual(bytes("00 01"));
  });

  test("the next session goes on after what has been acknowledged, and ignores what cannot have been", () => {
    const rig = new Rig();
    for (let i = 1; i <= 5; i += 1) rig.set(`dev${i}`);
    rig.give({ kind: "changed" });
    rig.receive(
      "0a 84 05 01 00000003 0a 84 05 01 00000001 0a 84 05 01 05000000 0a 84 05 09 00000005",
    );
    expect(rig.session.lanes[0]!.ackedId).toBe(3);
    rig.give({ kind: "closed", reason: "gone" });
    const next = new Rig(STICKY, rig);
    next.give({ kind: "changed" });
    const ids = next.messages().flatMap((m) => (m.kind === "update" ? [m.updateId] : []));
    expect(ids).toEqual([4, 5]);
    const other = new Rig(STICKY, rig, "HAProxyS 2.1\nnodea\nnodeb 8 1\n");
    other.give({ kind: "changed" });
    expect(other.messages()).toHaveLength(6);
  });

  test("a lesson that breaks off leaves no gap before later acknowledgements", () => {
    const rig = new Rig();
    for (let i = 0; i < 3_000; i += 1) rig.set(`dev${i}`);
    rig.receive("00 00");
    rig.set("later");
    rig.give({ kind: "changed" });
    rig.receive("0a 84 05 01 00000bb9");
    expect(rig.session.lanes[0]!.isWalking).toBe(true);
    expect(rig.session.lanes[0]!.ackedId).toBe(0);
    const next = new Rig(STICKY, rig);
    next.give({ kind: "changed" });
    expect(next.messages()[1]).toMatchObject({ updateId: 1 });
  });
});

describe("PeerSession: bounds", () => {
  test("a turn looks at 500 entries and asks for another one", () => {
    const rig = new Rig();
    for (let i = 0; i < 1_200; i += 1) rig.set(`dev${i}`);
    const counts: number[] = [];
    rig.give({ kind: "changed" });
    for (let turns = 0; turns < 3; turns += 1) {
      counts.push(rig.memory.counters.sentUpdateCount);
      const asked = rig.effects.filter(({ kind }) => kind === "turn").length;
      expect(asked).toBe(Math.min(turns + 1, 2));
      rig.give({ kind: "turn" });
    }
    expect(counts).toEqual([500, 1_000, 1_200]);
  });

  test("a peer that does not read costs no more than the write-ahead, whatever it asks for", () => {
    const rig = new Rig();
    for (let i = 0; i < 9_000; i += 1) rig.set(`device-with-a-long-name-${i}`);
    rig.receive("00 00");
    for (let i = 0; i < 200; i += 1) {
      rig.nowMs += 10;
      rig.give({ kind: "turn" });
      rig.receive(
        `00 00 00 01 ${DEFINE} 0a 80 0a 000000${(i + 1).toString(16).padStart(2, "0")} 03 "one" 01 00`,
      );
    }
    expect(rig.writtenBytes()).toBeLessThan(129 * 1024);
    rig.written();
    expect(rig.writtenBytes()).toBeGreaterThan(0);
  });

  test("an entry that does not fit the peer's buffer is left out, the others go on", () => {
    const rig = new Rig({ ...STICKY, keyLengthMax: 20_000 });
    rig.set("x".repeat(16_000));
    rig.set("two");
    rig.give({ kind: "changed" });
    expect(kinds(rig.messages())).toEqual(["definition", "update"]);
    expect(rig.memory.counters.tooLargeCount).toBe(1);
  });
});
