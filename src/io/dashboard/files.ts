// The files of the dashboard's page, read once: `scripts/build-dashboard` makes them.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { DashboardFile, DashboardView } from "../../dashboard/answer.ts";

/** Beside the compiled program, and where it is compiled to. */
const FOLDERS = ["../../../web/", "../../../dist/web/"];

/** The files; `undefined` when they have not been built. */
export function loadDashboardFiles(): DashboardView["files"] | undefined {
  const script = read("dashboard.js", "text/javascript; charset=utf-8");
  const style = read("dashboard.css", "text/css; charset=utf-8");
  if (script === undefined || style === undefined) return undefined;
  return { "dashboard.js": script, "dashboard.css": style };
}

function read(name: string, type: string): DashboardFile | undefined {
  for (const folder of FOLDERS) {
    try {
      const text = readFileSync(new URL(folder + name, import.meta.url), "utf8");
      const hash = createHash("sha256").update(text).digest("base64url").slice(0, 22);
      return { type, text, etag: `"${hash}"` };
    } catch {
      // The other folder, or none.
    }
  }
  return undefined;
}
