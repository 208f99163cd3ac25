// What a person does with servers on the dashboard, in a real browser.
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { noBrowser, openPage, startBrowser } from "../support/browser.ts";
import { waitFor } from "../support/wait-for.ts";
import { startScene } from "./dashboard-harness.ts";

let browser: Awaited<ReturnType<typeof startBrowser>>;

function row(page: Page, server: string): ReturnType<Page["locator"]> {
  return page.locator(`tr[data-server="${server}"]`);
}

async function statusInCsv(url: string, server: string): Promise<string | undefined> {
  const text = await (await fetch(`${url};csv`)).text();
  const columns = text.split("\n")[0]!.replace("# ", "").split(",");
  const line = text.split("\n").find((line) => line.startsWith(`mqtt,${server},`));
  return line?.split(",")[columns.indexOf("status")];
}

describe.skipIf(noBrowser !== undefined)(`actions on the dashboard ${noBrowser ?? ""}`, () => {
  beforeAll(async () => {
    browser = await startBrowser();
  });

  test("drain, maintenance and ready are done when confirmed, and seen without reloading", async () => {
    const { url } = await startScene();
    const { page, complaints } = await openPage(browser, url);
    const broker = row(page, "broker1");
    await broker.getByText("UP").waitFor();
    const steps = [
      ["Drain", "Drain", "DRAIN"],
      ["Maint", "Start maintenance", "MAINT"],
      ["Ready", "Make ready", "UP"],
    ] as const;
    for (const [button, agree, status] of steps) {
      await broker.getByRole("button", { name: `${button} broker1` }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: agree }).click();
      await broker.locator(".mark", { hasText: status }).waitFor();
      expect(await statusInCsv(url, "broker1")).toContain(status);
      await page.getByText(`${agree} mqtt/broker1: done`).waitFor();
      // What it is already is not offered.
      expect(await broker.getByRole("button", { name: `${button} broker1` }).isVisible()).toBe(
        false,
      );
    }
    expect(complaints).toEqual([]);
  });

  test("nothing is done when it is cancelled, by the button or by Escape", async () => {
    const { url } = await startScene();
    const { page } = await openPage(browser, url);
    const drain = row(page, "broker2").getByRole("button", { name: "Drain broker2" });
    let posted = 0;
    page.on("request", (request) => (posted += Number(request.method() === "POST")));
    await drain.click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await drain.click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    // The keyboard is back where it was.
    const focused = "document.activeElement.getAttribute('aria-label')";
    expect(await page.evaluate(focused)).toBe("Drain broker2");
    expect(posted).toBe(0);
    expect(await statusInCsv(url, "broker2")).toBe("UP");
  });

  test("the keyboard alone drains a server", async () => {
    const { url } = await startScene({ brokerCount: 1 });
    const { page } = await openPage(browser, url);
    await row(page, "broker1").getByText("UP").waitFor();
    const focused = (): Promise<string> =>
      page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''");
    for (let tabs = 0; tabs < 30 && (await focused()) !== "Drain broker1"; tabs++) {
      await page.keyboard.press("Tab");
    }
    expect(await focused()).toBe("Drain broker1");
    const ring = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
    expect(ring).toBe("solid");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Enter");
    await row(page, "broker1").locator(".mark", { hasText: "DRAIN" }).waitFor();
  });

  test("without 'stats admin' nothing can be done or searched, and the page says so", async () => {
    const { url } = await startScene({ page: [] });
    const { page, complaints } = await openPage(browser, url);
    await row(page, "broker1").waitFor();
    expect(await page.getByRole("button", { name: /Drain/ }).count()).toBe(0);
    await page.getByText("Sessions and sticky entries are shown to clients with").waitFor();
    for (const form of [";sessions;q=", ";entries;table=mqtt;q="]) {
      expect((await fetch(url + form)).status).toBe(403);
    }
    const denied = await fetch(`${url};live`, {
      method: "POST",
      body: new URLSearchParams({ s: "broker1", action: "drain", b: "mqtt" }),
    });
    expect(await denied.json()).toEqual({ outcome: "DENY" });
    expect(complaints).toEqual([]);
  });

  test("a page that gets no answers says so, and goes on by itself", async () => {
    const { url, tandem } = await startScene();
    const { page } = await openPage(browser, url);
    await page.locator("header").getByText("live").waitFor();
    process.kill(tandem.pid, "SIGSTOP");
    try {
      await page.locator("header").getByText("no answer for").waitFor({ timeout: 25_000 });
    } finally {
      process.kill(tandem.pid, "SIGCONT");
    }
    await page.locator("header").getByText("live").waitFor();
    await waitFor(async () => (await statusInCsv(url, "broker1")) === "UP");
  }, 60_000);
});
