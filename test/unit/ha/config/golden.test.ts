// Replays test/golden/keepalived/*.conf: what is read of each stands in the .txt beside it.
// UPDATE_GOLDEN=1 rewrites the expectations; review the difference.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DOCUMENTED_TABLES } from "../../../../ha/config/document.ts";
import { printOutcome, readText } from "./read-text.ts";

const FOLDER = new URL("../../../golden/keepalived/", import.meta.url);
const PAIR = new URL("../../../configs/11-pair-node1-keepalived.conf", import.meta.url);

function compare(text: string, expectation: URL): void {
  const actual = printOutcome(readText(text));
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(expectation, actual);
  else expect(actual).toBe(readFileSync(expectation, "utf8"));
}

describe("readKeepalivedConfiguration() says what the golden files say", () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith(".conf"))) {
    test(name, () => {
      const text = readFileSync(new URL(name, FOLDER), "utf8");
      compare(text, new URL(name.replace(/conf$/, "txt"), FOLDER));
    });
  }

  test("the file of a pair's first node", () => {
    compare(readFileSync(PAIR, "utf8"), new URL("pair-node1.txt", FOLDER));
  });

  test("the large file has every keyword that is served", () => {
    const text = readFileSync(new URL("everything.conf", FOLDER), "utf8");
    const words = new Set(text.split(/[\s{}]+/));
    const served = [...DOCUMENTED_TABLES.values()].flatMap((table) =>
      [...table.values()].filter((keyword) => keyword.support === "served"),
    );
    const missing = served.map((keyword) => keyword.name).filter((name) => !words.has(name));
    expect([...new Set(missing)]).toEqual([]);
  });
});
