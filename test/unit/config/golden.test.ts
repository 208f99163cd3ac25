// Replays test/golden/config/*.txt: a configuration, a line of four dashes, and what is said about
// it. UPDATE_GOLDEN=1 rewrites the expectations; review the difference.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { renderText } from "./read-text.ts";

const FOLDER = new URL("../../golden/config/", import.meta.url);
const SEPARATOR = "----\n";

describe("readConfiguration() says what the golden files say", () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith(".txt"))) {
    test(name, () => {
      const file = new URL(name, FOLDER);
      const [input = "", expected = ""] = readFileSync(file, "utf8").split(SEPARATOR);
      const actual = renderText(input);
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, input + SEPARATOR + actual);
      else expect(actual).toBe(expected);
    });
  }
});
