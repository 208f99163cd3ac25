// Searches of the dashboard in a real browser: what devices call themselves stays text.
import { beforeAll, describe, expect, test } from "vitest";
import { noBrowser, openPage, startBrowser } from "../support/browser.ts";
import { startScene } from "./dashboard-harness.ts";

let browser: Awaited<ReturnType<typeof startBrowser>>;

const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  "</script><script>document.title=1</script>",
  "\u202egnp.exe\u0007\u0000x",
  "javascript:document.title=1//'\"",
] as const;

describe.skipIf(noBrowser !== undefined)(`searches of the dashboard ${noBrowser ?? ""}`, () => {
  beforeAll(async () => {
    browser = await startBrowser();
  });

  test("hostile client ids are found, shown as they are, and do nothing", async () => {
    const scene = await startScene();
    for (const clientId of [...HOSTILE, "meter-1"]) {
      // MQTT forbids the zero byte.
      await scene.device(clientId.replace("\0", ""));
    }
    const { page, complaints } = await openPage(browser, scene.url);
    const title = "Tandem";
    const sessions = page.locator("section", { has: page.locator("h2#sessions") });
    const box = sessions.getByRole("searchbox");
    await box.fill("onerror");
    await sessions.getByText("1 shown").waitFor();
    const client = sessions.locator("tbody th");
    expect(await client.textContent()).toBe(HOSTILE[0]);
    await box.fill("<SCRIPT>");
    await sessions.locator("tbody").getByText("</script><script>").waitFor();
    await box.fill("gnp");
    await sessions.locator("tbody").getByText("\\u{202e}gnp.exe\\u{7}x").waitFor();
    await box.fill("no such device");
    await sessions.getByText("Nothing found").waitFor();
    const entries = page.locator("section", { has: page.locator("h2#entries") });
    await entries.getByRole("searchbox").fill("onerror");
    await entries.locator("tbody").getByText(HOSTILE[0]).waitFor();
    expect(await page.title()).toContain(title);
    expect(complaints).toEqual([]);
  });

  test("a long list comes in pages", async () => {
    const scene = await startScene();
    for (let number = 100; number < 173; number++) await scene.device(`meter-${number}`);
    const { page } = await openPage(browser, scene.url);
    const sessions = page.locator("section", { has: page.locator("h2#sessions") });
    await sessions.getByText("50 shown, there are more").waitFor();
    await sessions.getByRole("button", { name: "Next page" }).click();
    await sessions.getByText("23 shown").waitFor();
    await sessions.getByRole("button", { name: "First page" }).click();
    await sessions.getByText("50 shown, there are more").waitFor();
  });
});
