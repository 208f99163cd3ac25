// docs/operations.md lists every kind of event, and none that is not there.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { PROVOKED, UNPROVOKED } from "../netns/event-proofs.ts";

const GROUPS =
  "server|backend|frontend|balancer|probe|guard|peers?|tickle|vrrp|vip|track|heartbeat|node|notify|agent|process|delivery";

test("every kind of event in the code is in the table of kinds", () => {
  const inCode = new Set<string>();
  for (const folder of ["src", "ha"]) {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts")) continue;
      const text = readFileSync(path.join(folder, name), "utf8");
      for (const [, kind] of text.matchAll(new RegExp(`"((?:${GROUPS})\\.[a-z-]+)"`, "g"))) {
        // Files of sockets and programs are no kinds.
        if (!/\.(?:sock|cfg|conf|js)$/.test(kind!)) inCode.add(kind!);
      }
    }
  }
  const page = readFileSync("docs/operations.md", "utf8");
  const table = page.slice(
    page.indexOf("| kind | source |"),
    page.indexOf("### A webhook, a script"),
  );
  const listed = new Set([...table.matchAll(/`([a-z]+\.[a-z-]+)`/g)].map(([, kind]) => kind!));
  expect([...inCode].filter((kind) => !listed.has(kind))).toEqual([]);
  // Each is brought about on a real pair, or a reason says why it is not.
  const unprovoked = Object.keys(UNPROVOKED);
  expect([...PROVOKED, ...unprovoked].sort()).toEqual([...listed].sort());
  // Kinds that are put together of a group and a state.
  const made = /^(?:server\.(?:up|down|stopping)|frontend\.|vrrp\.(?:master|backup|fault|stopped))/;
  expect([...listed].filter((kind) => !inCode.has(kind) && !made.test(kind))).toEqual([]);
});
