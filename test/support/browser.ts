// A real browser: Debian's chromium, driven by playwright-core.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { endLater } from "./cleanup.ts";
import { has, requireProgram, skipReason } from "./programs.ts";
import { REPOSITORY_DIR } from "./repository.ts";
import { tempDir } from "./temp.ts";

const STYLE = path.join(REPOSITORY_DIR, "dist", "web", "dashboard.css");

/** Why no dashboard can be looked at here; `undefined` when it can. For `describe.skipIf(noBrowser)`. */
export const noBrowser: string | undefined = !has("chromium")
  ? `skipped: ${skipReason("chromium")}`
  : existsSync(STYLE)
    ? undefined
    : 'skipped: the dashboard is not built: run "npm run build"';

/** A page, and what went wrong in it. */
export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, requests to elsewhere. */
  readonly complaints: readonly string[];
}

/** Starts a browser, in a network namespace if one is named; it ends with the test. */
export async function startBrowser(namespace?: string): Promise<Browser> {
  const program = requireProgram("chromium");
  const browser = await chromium.launch({
    executablePath: namespace === undefined ? program : wrapperOf(program, namespace),
    // Its sandbox does not work for root, who runs tests with namespaces.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    timeout: 60_000,
  });
  endLater(() => browser.close());
  return browser;
}

/** A program that is this one within a namespace. */
function wrapperOf(program: string, namespace: string): string {
  const file = path.join(tempDir(), "program");
  const text = `#!/bin/sh\nexec ${requireProgram("ip")} netns exec ${namespace} ${program} "$@"\n`;
  writeFileSync(file, text, { mode: 0o755 });
  return file;
}

/** Opens a URL in a context of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  const { origin } = new URL(url);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

/** What axe-core finds wrong with a page: one line for each rule, with the first place. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  const script = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
  // Evaluated by the driver: the page's policy lets no script in.
  await page.evaluate(readFileSync(script, "utf8"));
  const { violations } = await page.evaluate<AxeResult>("axe.run()");
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}
