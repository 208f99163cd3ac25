import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { documentKeepalived } from "../../../../ha/config/document.ts";

const PAGE = new URL("../../../../docs/keepalived.md", import.meta.url);

test("docs/keepalived.md is what documentKeepalived() makes of the tables", () => {
  const made = documentKeepalived();
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(PAGE, made);
  expect(readFileSync(PAGE, "utf8")).toBe(made);
});
