import type { Probe } from "./probe.ts";

const SLOT_MS = 30;
const SLOTS = 50;
const LEAD_SLOTS = 10;

/** Who served newcomers around an instant, a character for each 30 ms: 1, 2, or a dot for nobody. */
export function stripText(probe: Probe, atMs: number, nowMs: number): string {
  const fromMs = atMs - LEAD_SLOTS * SLOT_MS;
  const until = Math.min(SLOTS, Math.floor((nowMs - fromMs) / SLOT_MS));
  const slots = Array.from({ length: Math.max(0, until) }, () => ".");
  for (const { answeredMs, node } of probe.served(fromMs - 1_000)) {
    const slot = Math.floor((answeredMs - fromMs) / SLOT_MS);
    if (slot >= 0 && slot < slots.length) slots[slot] = (node ?? "?").slice(-1);
  }
  return `${slots.slice(0, LEAD_SLOTS).join("")}|${slots.slice(LEAD_SLOTS).join("")}`;
}

/** How long the strip of an instant takes to be complete, ms after the instant. */
export const STRIP_MS = (SLOTS - LEAD_SLOTS) * SLOT_MS;
