import path from "node:path";
import { describe, expect, test } from "vitest";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { canConnect, waitFor } from "../support/wait-for.ts";

const TOUR_MS = 60_000;

function startTour(args: readonly string[]): Promise<RunningProcess> {
  const script = path.join(REPOSITORY_DIR, "scripts", "try");
  return startProcess({ command: "bash", args: [script, ...args], cwd: "/" });
}

/** The ports of the configuration that the tour prints: the balancer's, the brokers' and the page's. */
function portsIn(output: string): number[] {
  return [...output.matchAll(/^ +(?:bind|server \w+) 127\.0\.0\.1:(\d+)$/gm)].map((match) =>
    Number(match[1]),
  );
}

/** The children end with the tour, by the kernel's doing: a moment after it, not before. */
async function expectAllClosed(ports: readonly number[]): Promise<void> {
  expect(ports).toHaveLength(5);
  for (const port of ports) {
    await waitFor(async () => !(await canConnect(port)), { what: `the end of port ${port}` });
  }
}

async function expectWholeTour(args: readonly string[]): Promise<void> {
  const tour = await startTour(args);
  const status = await tour.exited;
  expect(status, tour.output()).toEqual({ code: 0, signal: null });
  const story = tour.stdout();
  expect(story).toMatch(/6 of 6 are back on the broker that has their session/);
  expect(story).toMatch(/broker2 is killed/);
  expect(story).toMatch(/broker2 :\d+ {2}dead {2}0/);
  expect(story).toMatch(/Its 2 devices are served again after \d+ ms/);
  expect(story).toMatch(/door-1 -> broker2/);
  expect(story).toMatch(/What next/);
  await expectAllClosed(portsIn(story));
}

describe("scripts/try", () => {
  test(
    "the whole tour succeeds from any folder, and leaves nothing running",
    async () => {
      await expectWholeTour([]);
    },
    TOUR_MS,
  );

  test.skipIf(!has("haproxy"))(
    `the same tour succeeds with HAProxy${skipNote("haproxy")}`,
    async () => {
      await expectWholeTour(["--haproxy"]);
    },
    TOUR_MS,
  );

  test(
    "Ctrl-C ends everything",
    async () => {
      const tour = await startTour([]);
      await tour.waitForOutput(/lamp-3 -> broker/, TOUR_MS);
      const ports = portsIn(tour.stdout());
      expect(await canConnect(ports[0]!)).toBe(true);
      const [, url] = /^Watch it in a browser: (\S+)$/m.exec(tour.stdout())!;
      expect(await (await fetch(url!)).text()).toContain("dashboard.js");
      tour.kill("SIGINT");
      expect(await tour.exited).toEqual({ code: 0, signal: null });
      expect(tour.stdout()).toMatch(/Ended\.\n$/);
      await expectAllClosed(ports);
    },
    TOUR_MS,
  );

  test(
    "an unknown option gets the usage and exit code 2",
    async () => {
      const tour = await startTour(["--bogus"]);
      expect(await tour.exited).toEqual({ code: 2, signal: null });
      expect(tour.stderr()).toMatch(/^Usage: scripts\/try/m);
    },
    TOUR_MS,
  );
});
