// The dashboard for everybody: dark and light, a narrow screen, readers of the screen, no script.
import { beforeAll, describe, expect, test } from "vitest";
import { accessibilityFaults, noBrowser, openPage, startBrowser } from "../support/browser.ts";
import { type Scene, startScene } from "./dashboard-harness.ts";

let browser: Awaited<ReturnType<typeof startBrowser>>;
let scene: Scene;

describe.skipIf(noBrowser !== undefined)(`the dashboard for everybody ${noBrowser ?? ""}`, () => {
  beforeAll(async () => {
    browser = await startBrowser();
    scene = await startScene({ brokerCount: 3 });
    await scene.device("meter-with-a-name-that-is-longer-than-any-line-of-a-telephone-0001");
    const form = new URLSearchParams({ s: "broker3", action: "maint", b: "mqtt" });
    await fetch(`${scene.url};live`, { method: "POST", body: form });
  });

  test.each(["light", "dark"] as const)("axe-core finds no fault in %s", async (colorScheme) => {
    const { page, complaints } = await openPage(browser, scene.url, { colorScheme });
    await page.locator("tbody .mark", { hasText: "MAINT" }).waitFor();
    await page.getByText("1 shown").first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Drain broker1" }).click();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("360 pixels are enough", async () => {
    const viewport = { width: 360, height: 740 };
    const { page, complaints } = await openPage(browser, scene.url, { viewport, hasTouch: true });
    await page.getByText("1 shown").first().waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    const wide =
      "[...document.body.querySelectorAll('button, input, .mark, td, th, p')]" +
      ".filter((node) => !node.closest('.unseen') && node.getBoundingClientRect().right > 360.5)" +
      ".map((node) => node.outerHTML)";
    expect(await page.evaluate(wide)).toEqual([]);
    await page.getByRole("button", { name: "Drain broker1" }).tap();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).tap();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("the theme can be chosen and is kept", async () => {
    const { page } = await openPage(browser, scene.url, { colorScheme: "light" });
    const background = "getComputedStyle(document.body).backgroundColor";
    const light = await page.evaluate(background);
    await page.getByRole("button", { name: "Theme: auto" }).click();
    await page.getByRole("button", { name: "Theme: light" }).click();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    const dark = await page.evaluate(background);
    expect(dark).not.toBe(light);
    await page.reload();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await page.evaluate(background)).toBe(dark);
  });

  test("without a script the table comes", async () => {
    const { page } = await openPage(browser, scene.url, { javaScriptEnabled: false });
    await page.waitForURL(`${scene.url};table`);
    await page.getByText("Statistics Report for Tandem").first().waitFor();
    await page.getByRole("link", { name: "Dashboard" }).waitFor();
  });

  test("files are kept by their tag, and the policy lets nothing in", async () => {
    const script = await fetch(`${scene.url};dashboard.js`);
    const tag = script.headers.get("etag")!;
    const again = await fetch(`${scene.url};dashboard.js`, { headers: { "if-none-match": tag } });
    expect([script.status, again.status, await again.text()]).toEqual([200, 304, ""]);
    const policy = (await fetch(scene.url)).headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(policy).not.toContain("unsafe");
  });
});
