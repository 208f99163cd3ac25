import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { isPrivateFolder } from "../../../src/base/io/compiled-code.ts";
import { tempDir } from "../../support/temp.ts";

const USER_ID = process.geteuid!();

describe("a folder for compiled code", () => {
  test("is made for its user alone, and found again", () => {
    const folder = path.join(tempDir(), "code");
    expect(isPrivateFolder(folder, USER_ID)).toBe(true);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(isPrivateFolder(folder, USER_ID)).toBe(true);
  });

  test.each(["707", "770", "701", "755"])("with mode %s is not private", (mode) => {
    const folder = path.join(tempDir(), "code");
    mkdirSync(folder);
    chmodSync(folder, parseInt(mode, 8));
    expect(isPrivateFolder(folder, USER_ID)).toBe(false);
  });

  test.skipIf(USER_ID !== 0)("of another user is not private", () => {
    const folder = path.join(tempDir(), "code");
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, 65_534, 65_534);
    expect(isPrivateFolder(folder, USER_ID)).toBe(false);
  });

  test("behind a link is not private, nor is a file, nor one that cannot be made", () => {
    const dir = tempDir();
    symlinkSync(tempDir(), path.join(dir, "link"));
    writeFileSync(path.join(dir, "file"), "", { mode: 0o600 });
    for (const name of ["link", "file", "absent/code"]) {
      expect(isPrivateFolder(path.join(dir, name), USER_ID), name).toBe(false);
    }
  });
});
