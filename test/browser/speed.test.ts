// The dashboard with many brokers and sessions: what an update costs on the wire, in the server and in
// the browser. 2,000 sessions; with TANDEM_TEST_LONG=1 20,000. Where descriptors do not allow so many, the
// devices are made up below the balancer (programs/crowd.mjs), and everything above its mover is as ever.
import path from "node:path";
import { describe, expect, test } from "vitest";
import { processMaxconn } from "../../src/io/process-limits.ts";
import { noBrowser, openPage, startBrowser } from "../support/browser.ts";
import { freePorts } from "../support/ports.ts";
import { startProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { waitFor } from "../support/wait-for.ts";
import { startScene } from "./dashboard-harness.ts";

const isLong = process.env["TANDEM_TEST_LONG"] === "1";
const SESSIONS = isLong ? 20_000 : 2_000;
const BROKERS = 200;
/** Devices that send something every second or so. */
const TALKERS = 400;
const IS_MADE_UP = SESSIONS > processMaxconn() - 500;
const PROGRAMS = path.join(REPOSITORY_DIR, "test", "browser", "programs");
/** Of one update while every broker has traffic. */
const UPDATE_BYTES_MAX = 24 * 1024;
/** Of the answer to a page that is opened: the past of 200 rows is most of it. */
const FULL_BYTES_MAX = 384 * 1024;

interface Cost {
  readonly bytes: number;
  readonly ms: number;
  readonly version: number;
  readonly second: number;
  readonly run: string;
}

async function ask(url: string, suffix: string): Promise<Cost> {
  const startedMs = performance.now();
  const text = await (await fetch(url + suffix)).text();
  const ms = performance.now() - startedMs;
  const { version = 0, second = 0, run = "" } = JSON.parse(text) as Partial<Cost>;
  return { bytes: text.length, ms, version, second, run };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** The balancer's environment for devices without sockets. */
function crowdEnv(): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import=${path.join(PROGRAMS, "crowd.mjs")}`,
    CROWD_COUNT: String(SESSIONS),
    CROWD_TALKERS: String(TALKERS),
  };
}

/** Starts one of the programs for this. */
function many(name: string, ...args: readonly string[]): ReturnType<typeof startProcess> {
  return startProcess({
    command: process.execPath,
    args: [path.join(PROGRAMS, name), ...args],
    ready: (child) => child.stdout().includes("ready"),
    readyTimeoutMs: 240_000,
  });
}

describe.skipIf(noBrowser !== undefined)(`speed of the dashboard ${noBrowser ?? ""}`, () => {
  test(`${BROKERS} brokers and ${SESSIONS} sessions`, async () => {
    const [brokerPort] = await freePorts(1);
    await many("brokers.mjs", String(brokerPort));
    const { url, mqttPort } = await startScene({
      brokerCount: BROKERS,
      brokerPort: brokerPort!,
      ...(IS_MADE_UP ? { env: crowdEnv() } : {}),
    });
    if (!IS_MADE_UP) {
      const counts = [String(SESSIONS), String(TALKERS), "0"];
      await many("devices.mjs", "127.0.0.1", String(mqttPort), ...counts);
    }
    const browser = await startBrowser();
    const { page, complaints } = await openPage(browser, url);
    await page.getByText(`Show all ${BROKERS} servers`).click();
    await page.locator(".tile .value").getByText(SESSIONS.toLocaleString("en-US")).waitFor();
    // Frames while updates come: an update that takes long is a gap between two frames.
    const gaps = await page.evaluate<number[]>(`new Promise((resolve) => {
      const gaps = [];
      let last = performance.now();
      const frame = (now) => {
        gaps.push(now - last);
        last = now;
        if (gaps.length < 240) requestAnimationFrame(frame);
        else resolve(gaps);
      };
      requestAnimationFrame(frame);
    })`);
    const full = await ask(url, ";live;since=0");
    const updates: Cost[] = [];
    let { version, second } = full;
    while (updates.length < 8) {
      const update = await ask(url, `;live;run=${full.run};since=${version}`);
      // Figures are those of the last whole second.
      if (update.second === second) continue;
      updates.push(update);
      ({ version, second } = await ask(url, `;live;run=${full.run};since=${update.version}`));
    }
    // What is found nowhere is looked for everywhere.
    const searches: Cost[] = [];
    while (searches.length < 5) searches.push(await ask(url, ";sessions;q=no-such-device"));
    const sessions = page.locator("section", { has: page.locator("h2#sessions") });
    const last = `charger-${String(SESSIONS - 1 - (SESSIONS % 6)).padStart(5, "0")}`;
    const typedMs = performance.now();
    await sessions.getByRole("searchbox").fill(last);
    await sessions.locator("tbody").getByText(last).waitFor();
    const searchPageMs = performance.now() - typedMs;
    const figures = {
      fullBytes: full.bytes,
      fullMs: Math.round(full.ms),
      updateBytes: median(updates.map(({ bytes }) => bytes)),
      updateMs: Math.round(median(updates.map(({ ms }) => ms))),
      searchAllMs: Math.round(median(searches.map(({ ms }) => ms))),
      searchPageMs: Math.round(searchPageMs),
      frameMs: Math.round(median(gaps)),
      frame95Ms: Math.round(gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length * 0.95)]!),
    };
    const what = `${SESSIONS} ${IS_MADE_UP ? "made up " : ""}sessions`;
    process.stdout.write(`dashboard, ${what}: ${JSON.stringify(figures)}\n`);
    expect(full.bytes).toBeLessThan(FULL_BYTES_MAX);
    expect(figures.updateBytes).toBeLessThan(UPDATE_BYTES_MAX);
    // A shared machine stalls now and then; half of all frames and answers are another matter.
    expect(figures.frameMs).toBeLessThan(250);
    expect(figures.updateMs).toBeLessThan(500);
    // The page is usable meanwhile.
    await page.locator("#servers-text").fill("broker177");
    await page.locator('tr[data-server="broker177"]').waitFor();
    await waitFor(async () => (await page.locator("tr[data-server]").count()) === 1);
    expect(complaints).toEqual([]);
  }, 600_000);
});
