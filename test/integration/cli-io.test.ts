import { mkdirSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { readConfigFiles } from "../../src/io/config-files.ts";
import {
  requestReload,
  startControlSocket,
  type ControlAnswer,
} from "../../src/io/control-socket.ts";
import { CONTROL_COMMAND_BYTES_MAX } from "../../src/control-limits.ts";
import { endLater } from "../support/cleanup.ts";
import { tempDir, tempFile } from "../support/temp.ts";

describe("readConfigFiles()", () => {
  test("reads files as given and the *.cfg files of a folder in the order of their names", async () => {
    const dir = tempDir();
    for (const name of ["b.cfg", "a.cfg", "B.cfg", ".h.cfg", "x.txt"]) {
      writeFileSync(path.join(dir, name), name);
    }
    const single = tempFile("x.txt", "single");
    const read = await readConfigFiles([single, dir]);
    expect(read.diagnostics).toEqual([]);
    expect(read.sources.map((source) => source.text)).toEqual([
      "single",
      "B.cfg",
      "a.cfg",
      "b.cfg",
    ]);
    expect(read.sources[0]!.name).toBe(single);
  });

  test("names every file that cannot be read and still reads the others", async () => {
    const dir = tempDir();
    mkdirSync(path.join(dir, "z.cfg"));
    const good = tempFile("good.cfg", "global\n");
    const read = await readConfigFiles([path.join(dir, "none"), dir, good]);
    expect(read.sources.map((source) => source.name)).toEqual([good]);
    expect(read.diagnostics.map((found) => found.message)).toEqual([
      `Cannot open configuration file/directory ${dir}/none : No such file or directory`,
      `Could not open configuration file ${dir}/z.cfg : Is a directory`,
    ]);
  });

  test("says where bytes are not text", async () => {
    const nul = tempFile("nul.cfg", "global\n a\0b\n");
    const latin1 = path.join(tempDir(), "latin1.cfg");
    writeFileSync(latin1, Buffer.from("# ä\n# x\n  # \xe4", "latin1"));
    const read = await readConfigFiles([nul, latin1]);
    expect(read.diagnostics).toMatchObject([
      { message: "found a NUL byte, expected text", position: { file: nul, line: 2, column: 3 } },
      { message: "found bytes that are not UTF-8", position: { line: 1, column: 3 } },
    ]);
  });
});

const DONE: ControlAnswer = { ok: true, message: "done", diagnostics: "[WARNING] x\n" };

function notAsked(): never {
  throw new Error("nobody asks for this here");
}

async function start(file: string, reload: () => Promise<ControlAnswer>) {
  const control = await startControlSocket(file, {
    reload,
    status: notAsked,
    events: notAsked,
  });
  endLater(() => control.close());
  return control;
}

describe("startControlSocket()", () => {
  test("carries a reload and its answer over a socket that only the owner may use", async () => {
    const file = path.join(tempDir(), "sub", "c.sock");
    await start(file, () => Promise.resolve(DONE));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await requestReload(file)).toEqual(DONE);
  });

  test("replaces a file left by a dead process, not a living socket", async () => {
    const file = tempFile("c.sock", "");
    await start(file, () => Promise.resolve(DONE));
    const handlers = { reload: () => Promise.resolve(DONE), status: notAsked, events: notAsked };
    await expect(startControlSocket(file, handlers)).rejects.toThrow(
      "belongs to a running balancer",
    );
    expect(await requestReload(file)).toEqual(DONE);
  });

  test("answers when the reload itself breaks", async () => {
    const file = path.join(tempDir(), "c.sock");
    await start(file, () => Promise.reject(new Error("boom")));
    expect(await requestReload(file)).toMatchObject({
      ok: false,
      message: "the reload failed: boom",
    });
  });

  test.each([
    ["nonsense", "hello\n"],
    ["another command", '{"command":"stop"}\n'],
    ["an end before a line", '{"command"'],
    ["more than the bound", "x".repeat(CONTROL_COMMAND_BYTES_MAX + 1)],
  ])("refuses %s", async (_what, text) => {
    const file = path.join(tempDir(), "c.sock");
    await start(file, () => Promise.resolve(DONE));
    expect(JSON.parse(await exchange(file, text))).toMatchObject({ ok: false });
  });
});

function exchange(file: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = net.connect(file, () => socket.end(text));
    socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

test("requestReload() says that nobody answers", async () => {
  const file = path.join(tempDir(), "none.sock");
  expect(await requestReload(file)).toMatchObject({
    ok: false,
    message: `no balancer answers at "${file}" (ENOENT)`,
  });
});
