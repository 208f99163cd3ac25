// A failover of a real pair, seen live on the dashboards of both nodes.
import { describe, expect, test } from "vitest";
import { startPair } from "../netns/node-pair.ts";
import { accessibilityFaults, noBrowser, openPage, startBrowser } from "../support/browser.ts";
import { noNamespaces } from "../support/netns.ts";

const skipped = noBrowser ?? noNamespaces;

const PAGE = `
global
  localpeer NAME
peers pair
  bind :10000
  server a 10.98.0.1:10000
  server b 10.98.0.2:10000
listen page
  mode http
  bind :8404
  stats enable
  stats uri /stats
  stats admin if TRUE
`;

describe.skipIf(skipped !== undefined)(`a pair on the dashboard ${skipped ?? ""}`, () => {
  test("both nodes show who is master, and a failover while it happens", async () => {
    const pair = await startPair({
      secondLan: true,
      global: '#tandem heartbeat SELF2 PEER2 key "open sesame"',
      sections: (name) => PAGE.replace("NAME", name),
    });
    const browser = await startBrowser(pair.lan.host("client").namespace);
    const open = async (name: "a" | "b") =>
      openPage(browser, `http://${pair.lan.host(name).ipv4}:8404/stats`);
    const [a, b] = [await open("a"), await open("b")];
    const thisNode = (opened: typeof a) => opened.page.locator(".pair .card").first();
    await thisNode(a).getByText("MASTER", { exact: true }).waitFor();
    await thisNode(a).getByText("10.98.0.100/24").waitFor();
    await thisNode(b).getByText("BACKUP", { exact: true }).waitFor();
    // Each shows the other one, too.
    const otherNode = (opened: typeof a) => opened.page.locator(".pair .card").last();
    await otherNode(a).getByText("BACKUP", { exact: true }).waitFor();
    await otherNode(b).getByText("MASTER", { exact: true }).waitFor();
    await a.page.getByText("tables in step").or(a.page.getByText("changes")).waitFor();
    expect(await accessibilityFaults(a.page)).toEqual([]);
    const told = b.page.locator("[aria-live]").filter({ hasText: "MASTER" });
    await pair.nodes.a.process.stop();
    await thisNode(b).getByText("MASTER", { exact: true }).waitFor();
    await told.waitFor({ state: "attached" });
    // The timeline has measured it.
    const takeover = b.page.locator('li[data-kind="vrrp.master"]').first();
    await takeover.getByText(/outage \d/).waitFor();
    await a.page.locator("header").getByText("no answer").waitFor();
    expect(b.complaints).toEqual([]);
  }, 120_000);
});
