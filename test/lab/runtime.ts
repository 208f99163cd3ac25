// The runtime API of the lab's nodes, asked in their namespaces.
import path from "node:path";
import type { Host } from "../support/netns.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { RUNTIME_PORT } from "./configuration.ts";

const PROGRAM = path.join(REPOSITORY_DIR, "test", "lab", "programs", "table.mjs");
const TABLE = "brokers";
const PERIOD_MS = 5;

/** When a table was complete, wall clock, ms. */
export interface Completion {
  /** Of the first answer of the node. */
  readonly firstMs: number;
  readonly atMs: number;
}

async function run(host: Host, timeoutMs: number, ...words: readonly string[]): Promise<string> {
  const seconds = String(timeoutMs / 1_000);
  return host.mustRun("timeout", seconds, process.execPath, PROGRAM, ...words);
}

/** Writes so many entries into the table of the brokers; gives the instant of the last one. */
export async function fillTable(host: Host, count: number): Promise<number> {
  return Number(await run(host, 60_000, "fill", String(RUNTIME_PORT), TABLE, String(count)));
}

/** Waits until the node's table has so many entries. */
export async function waitForEntries(
  host: Host,
  count: number,
  timeoutMs: number,
): Promise<Completion> {
  const words = ["watch", String(RUNTIME_PORT), TABLE, String(count), String(PERIOD_MS)];
  return JSON.parse(await run(host, timeoutMs, ...words)) as Completion;
}

/** How many entries the node's table has. */
export async function usedCount(host: Host): Promise<number> {
  const words = ["watch", String(RUNTIME_PORT), TABLE, "0", String(PERIOD_MS)];
  return (JSON.parse(await run(host, 10_000, ...words)) as { used: number }).used;
}

/** Which server (id) each key of the node's table belongs to. */
export async function tableOf(host: Host): Promise<ReadonlyMap<string, string>> {
  const text = await run(host, 20_000, "dump", String(RUNTIME_PORT), TABLE);
  return new Map(JSON.parse(text) as [string, string][]);
}
