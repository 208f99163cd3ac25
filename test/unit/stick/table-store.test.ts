import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { TableStore } from "../../../src/io/table-store.ts";
import { StickTable } from "../../../src/stick/table.ts";
import { tempDir } from "../../support/temp.ts";
import { tableSpec } from "./spec.ts";

const SPEC = tableSpec({ name: "mqtt/t.1", size: 5000, expireMs: 60_000, store: "server_key" });

function fill(count: number): StickTable {
  const table = new StickTable(SPEC);
  for (let i = 0; i < count; i += 1) table.setServerKey(table.getOrCreate(`dev-${i}`, 0)!, "b1");
  return table;
}

/** A store whose clocks stand still. */
function storeIn(directory: string): TableStore {
  return new TableStore(directory, () => ({ nowMs: 0, wallMs: 1_000_000 }));
}

describe("TableStore", () => {
  test("load() brings back what save() wrote, into a directory that it makes", async () => {
    const store = storeIn(path.join(tempDir(), "tables"));
    expect(await store.save(fill(2000))).toMatchObject({ kind: "saved" });
    expect(readdirSync(store.directory)).toEqual(["mqtt%2Ft.1.tbl"]);
    const table = new StickTable(SPEC);
    expect(await store.load(table)).toMatchObject({
      kind: "loaded",
      restoredCount: 2000,
      skippedCount: 0,
    });
    expect(table.serverKey(table.lookup("dev-1999", 0)!)).toBe("b1");
  });

  test("load() says that there is no file yet", async () => {
    const store = storeIn(tempDir());
    expect(await store.load(new StickTable(SPEC))).toMatchObject({ kind: "absent" });
  });

  test("load() keeps what comes before the damage and says so", async () => {
    const store = storeIn(tempDir());
    await store.save(fill(2000));
    const file = store.fileOf(SPEC.name);
    const bytes = readFileSync(file);
    bytes[bytes.length - 2000]! ^= 1;
    writeFileSync(file, bytes);
    const table = new StickTable(SPEC);
    expect(await store.load(table)).toMatchObject({
      kind: "failed",
      restoredCount: 1536,
      message: `Cannot load table "mqtt/t.1" from "${file}": it is damaged: a checksum differs; 1536 entries before it are kept`,
    });
    expect(table.usedCount).toBe(1536);
  });

  test.each([
    ["is cut short", (bytes: Buffer) => bytes.subarray(0, -1), "it ends early"],
    ["is empty", () => Buffer.alloc(0), "it ends early"],
    ["is something else", () => Buffer.from("hello"), "it does not begin as a table file"],
  ])("load() reports a file that %s", async (_, change, message) => {
    const store = storeIn(tempDir());
    await store.save(fill(1));
    const file = store.fileOf(SPEC.name);
    writeFileSync(file, change(readFileSync(file)));
    const result = await store.load(new StickTable(SPEC));
    expect(result).toMatchObject({
      kind: "failed",
      message: expect.stringContaining(message) as unknown,
    });
  });

  test("load() refuses keys of another type and what is no file", async () => {
    const store = storeIn(tempDir());
    await store.save(fill(1));
    const other = new StickTable({ ...SPEC, keyType: "ip", keyLengthMax: 4 });
    expect(await store.load(other)).toMatchObject({
      message: expect.stringContaining("type string len 31, expected ip len 4") as unknown,
    });
    const directory = new StickTable({ ...SPEC, name: "dir" });
    mkdirSync(store.fileOf("dir"));
    expect(await store.load(directory)).toMatchObject({
      message: expect.stringContaining("not a regular file") as unknown,
    });
  });

  test("save() reports a directory that cannot be made, and leaves the former file", async () => {
    const directory = tempDir();
    writeFileSync(path.join(directory, "file"), "");
    const store = storeIn(path.join(directory, "file", "tables"));
    const result = await store.save(fill(1));
    expect(result).toMatchObject({
      kind: "failed",
      message: expect.stringMatching(/^Cannot save table "mqtt\/t\.1" to ".*": ENOTDIR/) as unknown,
    });
  });

  test("save() does not write through a link that stands where it writes", async () => {
    const store = storeIn(tempDir());
    const precious = path.join(tempDir(), "precious");
    writeFileSync(precious, "precious");
    symlinkSync(precious, `${store.fileOf(SPEC.name)}.tmp`);
    expect(await store.save(fill(1))).toMatchObject({ kind: "saved" });
    expect(readFileSync(precious, "utf8")).toBe("precious");
    expect(existsSync(`${store.fileOf(SPEC.name)}.tmp`)).toBe(false);
  });

  test("save() of the same table runs in turn, and the last one counts", async () => {
    const store = storeIn(tempDir());
    const results = await Promise.all([10, 20, 30].map((count) => store.save(fill(count))));
    expect(results.map(({ kind }) => kind)).toEqual(["saved", "saved", "saved"]);
    const table = new StickTable(SPEC);
    await store.load(table);
    expect(table.usedCount).toBe(30);
  });

  test("save() lets the event loop turn between frames while the table changes", async () => {
    const store = storeIn(tempDir());
    const table = fill(5000);
    let turnCount = 0;
    const timer = setInterval(() => {
      turnCount += 1;
      table.delete(`dev-${4999 - turnCount}`);
    }, 0);
    const result = await store.save(table);
    clearInterval(timer);
    expect(result.kind).toBe("saved");
    expect(turnCount).toBeGreaterThan(0);
    expect(await store.load(new StickTable(SPEC))).toMatchObject({ kind: "loaded" });
  });
});
