// The pictures of docs/images: a real pair with brokers and devices, seen in a real browser.
// scripts/screenshots runs it; it is no test of anything else.
import path from "node:path";
import { describe, expect, test } from "vitest";
import { startPair } from "../netns/node-pair.ts";
import { noBrowser, openPage, startBrowser } from "../support/browser.ts";
import { noNamespaces } from "../support/netns.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { waitFor } from "../support/wait-for.ts";

const wanted = process.env["TANDEM_SCREENSHOTS"] === "1";
const skipped = noBrowser ?? noNamespaces ?? (wanted ? undefined : "run by scripts/screenshots");
const PROGRAMS = path.join(REPOSITORY_DIR, "test", "browser", "programs");
const IMAGES = path.join(REPOSITORY_DIR, "docs", "images");
const BROKER_PORTS = [9011, 9012, 9013, 9014];
/** How long the devices talk, so that the charts have something to show. */
const TRAFFIC_SECONDS = 60;

function sections(name: "a" | "b", broker: string): string {
  const servers = BROKER_PORTS.map(
    (port, index) => `  server broker${index + 1} ${broker}:${port} check inter 1s`,
  );
  return `
global
  localpeer ${name === "a" ? "lb1" : "lb2"}
  node ${name === "a" ? "lb1" : "lb2"}
peers pair
  bind :10000
  server lb1 10.98.0.1:10000
  server lb2 10.98.0.2:10000
listen mqtt
  bind :8883
  tcp-request inspect-delay 5s
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  stick-table type string len 64 size 100k expire 1h peers pair
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
${servers.join("\n")}
  server standby ${broker}:9019 check inter 1s backup
listen page
  mode http
  bind :8404
  stats enable
  stats uri /stats
  stats admin if TRUE
`;
}

describe.skipIf(skipped !== undefined)(`screenshots (${skipped ?? "wanted"})`, () => {
  test("are taken", async () => {
    const pair = await startPair({
      secondLan: true,
      instance: "nopreempt",
      global: '#tandem heartbeat SELF2 PEER2 key "open sesame"',
      sections: (name, lan) => sections(name, lan.host("broker").ipv4),
    });
    const ready = (program: { stdout(): string }): boolean => program.stdout().includes("ready");
    await pair.lan.host("broker").start({
      command: process.execPath,
      args: [path.join(PROGRAMS, "brokers.mjs"), ...BROKER_PORTS.map(String)],
      ready,
    });
    await pair.lan.host("client").start({
      command: process.execPath,
      args: [path.join(PROGRAMS, "devices.mjs"), "10.98.0.100", "8883", "400", "60", "0"],
      ready,
      readyTimeoutMs: 60_000,
    });
    process.kill(await pair.nodes.a.childPid("agent"), "SIGKILL");
    await pair.settled("b");
    const browser = await startBrowser(pair.lan.host("client").namespace);
    const url = `http://${pair.lan.host("b").ipv4}:8404/stats`;
    const body = new URLSearchParams({ s: "broker3", action: "drain", b: "mqtt" });
    const { page } = await openPage(browser, url, { viewport: { width: 1440, height: 1000 } });
    await page.evaluate(
      `fetch("/stats;live", { method: "POST", body: new URLSearchParams("${body.toString()}") })`,
    );
    const startedMs = Date.now();
    await waitFor(() => Date.now() - startedMs > TRAFFIC_SECONDS * 1_000, {
      timeoutMs: 2 * TRAFFIC_SECONDS * 1_000,
    });
    const shots = [
      ["dashboard-light", { width: 1360, height: 900 }, "light"],
      ["dashboard-dark", { width: 1360, height: 900 }, "dark"],
      ["dashboard-phone", { width: 390, height: 1200 }, "light"],
    ] as const;
    for (const [name, viewport, colorScheme] of shots) {
      const opened = await openPage(browser, url, { viewport, colorScheme });
      await opened.page.getByText("heartbeat alive").waitFor();
      await opened.page.getByText("shown, there are more").first().waitFor();
      await waitFor(async () => (await opened.page.locator(".chart .line[d]").count()) > 8);
      await opened.page.screenshot({ path: path.join(IMAGES, `${name}.png`) });
      expect(opened.complaints).toEqual([]);
    }
  }, 400_000);
});
