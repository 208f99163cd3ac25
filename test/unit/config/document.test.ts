import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { documentConfiguration } from "../../../src/config/document.ts";

const PAGE = new URL("../../../docs/configuration.md", import.meta.url);

test("docs/configuration.md is what documentConfiguration() makes of the tables", () => {
  const made = documentConfiguration();
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(PAGE, made);
  expect(readFileSync(PAGE, "utf8")).toBe(made);
});
