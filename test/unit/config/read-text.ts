// Reads a configuration text the way tests need it.
import { readConfiguration } from "../../../src/config/read.ts";
import type { ReadOptions, ReadResult } from "../../../src/config/read.ts";
import { renderDiagnostics } from "../../../src/config/render.ts";

export const OPTIONS: ReadOptions = {
  environment: { GREETING: "hello", LIST: "a b  c" },
  version: "0.1.0",
  hostName: "lb1",
};

/** Reads one file named `t.cfg`. */
export function readText(text: string): ReadResult {
  return readConfiguration([{ name: "t.cfg", text }], OPTIONS);
}

/** The alerts of a text, without their places. */
export function alertsOf(text: string): readonly string[] {
  return readText(text)
    .diagnostics.filter((finding) => finding.severity === "alert")
    .map((finding) => finding.message);
}

/** What the user would see, with the process number 1. */
export function renderText(text: string): string {
  return renderDiagnostics(readText(text).diagnostics, 1);
}
