import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { buildText, hasFeature, versionText } from "../../../cli/haproxy-texts.ts";
import { TANDEM_VERSION } from "../../../src/version.ts";
import { REPOSITORY_DIR } from "../../support/repository.ts";

const FACTS = { nodeVersion: "20.0.0", openSslVersion: "3.0.13", platform: "linux x64" };

test("TANDEM_VERSION is the version in package.json", () => {
  const text = readFileSync(path.join(REPOSITORY_DIR, "package.json"), "utf8");
  expect(JSON.parse(text)).toMatchObject({ version: TANDEM_VERSION });
});

test("versionText() begins as tools expect", () => {
  expect(versionText()).toMatch(/^HAProxy version 2\.6\.12-tandem\S+ - https:/);
});

test("buildText() names target, options and features where drivers look for them", () => {
  const text = buildText(FACTS);
  expect(text).toMatch(/^ {2}TARGET {2}= linux-glibc$/m);
  expect(text).toMatch(/^ {2}OPTIONS = .*USE_OPENSSL=1/m);
  expect(text).toMatch(/^Feature list : .*\+OPENSSL/m);
  expect(hasFeature("OPENSSL")).toBe(true);
  expect(hasFeature("LUA")).toBe(false);
});
