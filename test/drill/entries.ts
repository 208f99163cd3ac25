// A large stick table: how far the peer is behind, and how long a restarted node takes to have all of it.
import { fillTable, usedCount, waitForEntries } from "../lab/runtime.ts";
import { waitFor } from "../support/wait-for.ts";
import { labOf } from "./faults.ts";
import type { Row, Scene } from "./row.ts";

/** As many as the failure matrix names. */
const ENTRIES = 50_000;
const READY_MS = 60_000;

/** 50,000 entries are written on the master; then the backup dies and comes back with nothing. */
export async function fillAndRestart({ pair }: Scene): ReturnType<Row["fault"]> {
  const { lan } = labOf(pair);
  const [master, backup] = [lan.host("lb1"), lan.host("lb2")];
  const fromMs = Date.now();
  const before = await usedCount(master);
  const writtenMs = await fillTable(master, ENTRIES);
  const behindMs = (await waitForEntries(backup, before + ENTRIES, READY_MS)).atMs - writtenMs;
  await pair.signal("backup", "all", "SIGKILL");
  await waitFor(() => pair.hasStopped("backup"), {
    timeoutMs: READY_MS,
    what: "the backup to end",
  });
  // From its first answer on: how long programs take to load is no matter of the table.
  const [whole] = await Promise.all([
    waitForEntries(backup, before + ENTRIES, READY_MS),
    pair.start("backup"),
  ]);
  const resyncMs = whole.atMs - whole.firstMs;
  return { fromMs, figures: { behindMs: Math.max(0, behindMs), resyncMs } };
}
