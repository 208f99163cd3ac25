// The files that users have, in test/configs.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { describeConfiguration, hasListeners } from "../../../src/config/describe.ts";
import { configurationsEqual, printConfiguration } from "../../../src/config/print.ts";
import { readText } from "./read-text.ts";

const FOLDER = new URL("../../configs/", import.meta.url);
const FILES = readdirSync(FOLDER).filter(
  (name) => name.endsWith(".cfg") && !name.includes("http-web"),
);
const textOf = (name: string): string => readFileSync(new URL(name, FOLDER), "utf8");

describe("readConfiguration() of files that users have", () => {
  test.each(FILES)("finds nothing to alert about in %s", (name) => {
    const { diagnostics, configuration } = readText(textOf(name));
    expect(diagnostics.filter((finding) => finding.severity === "alert")).toEqual([]);
    expect(hasListeners(configuration)).toBe(true);
  });

  test("refuses the file in HTTP mode with one alert for each thing", () => {
    const { diagnostics } = readText(textOf("08-http-web.cfg"));
    const alerts = diagnostics.filter((finding) => finding.severity === "alert");
    const places = alerts.map((finding) => finding.position?.line ?? 0);
    expect([...places].sort((a, b) => a - b)).toEqual([19, 26, 28, 29, 38, 43, 46, 50]);
  });
});

describe("printConfiguration()", () => {
  test.each(FILES)("writes %s so that it reads back equal and without alerts", (name) => {
    const { configuration } = readText(textOf(name));
    const again = readText(printConfiguration(configuration));
    expect(again.diagnostics.filter((finding) => finding.severity === "alert")).toEqual([]);
    expect(again.configuration).toEqual(withPositionsOf(again.configuration, configuration));
    expect(configurationsEqual(again.configuration, configuration)).toBe(true);
  });
});

/** A copy of `value` whose positions are those of `model`, for a readable difference. */
function withPositionsOf(model: unknown, value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Set) return value;
  if (Array.isArray(value)) {
    const items = model as readonly unknown[];
    return value.map((item, index) => withPositionsOf(items[index], item));
  }
  const source = model as Readonly<Record<string, unknown>> | undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === "position" ? source?.[key] : withPositionsOf(source?.[key], item),
    ]),
  );
}

test("describeConfiguration() tells listeners, servers, tables and the wait for the first packet", () => {
  const text = describeConfiguration(readText(textOf("04-emqx-sticky.cfg")).configuration);
  expect(text).toContain("listens on ipv4@0.0.0.0:1883");
  expect(text).toContain("server emqx2 emqx2-cluster.emqx.io:1883, not checked");
  expect(text).toContain("table mqtt_backend: 102400 entries by string of 32, expire after 30m");
  expect(text).toContain("waits up to 5 s for the first packet");
});
