// A mover in a process of its own that may open few descriptors.
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { startProcess } from "../support/process.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const PROGRAM = `
import { NodeMover } from "./src/io/mover/node-mover.js";
const mover = new NodeMover({
  nowMs: () => performance.now(),
  onEvent: (event) => {
    if (event.kind === "listening") console.log("port " + event.endpoint.port);
    else console.log(event.kind + " " + (event.code ?? ""));
    if (event.kind === "accepted") mover.send(event.connection, Buffer.from("in"));
    if (event.kind === "bytes" && event.ended) mover.close(event.connection, "finish");
  },
});
mover.listen({
  address: { kind: "ip", family: 4, host: "127.0.0.1", port: 0 },
  backlog: 1024, v6only: false, transparent: false, access: {}, socket: { keepalive: false },
});
`;

test("a mover out of descriptors says so, keeps its connections, and recovers", async () => {
  const dir = tempDir();
  const sources = path.join(import.meta.dirname, "../../src");
  // What the mover imports at run time; all else that it names are types.
  for (const folder of ["base", "io/mover", "io/tls"]) {
    transpile(path.join(sources, folder), path.join(dir, "src", folder));
  }
  const limits = path.join(dir, "src", "limits.js");
  writeFileSync(limits, plainJavaScript(path.join(sources, "limits.ts")));
  writeFileSync(path.join(dir, "package.json"), '{"type":"module"}');
  writeFileSync(path.join(dir, "main.js"), PROGRAM);
  const running = await startProcess({
    command: "sh",
    args: ["-c", `ulimit -n 128; exec "${process.execPath}" main.js`],
    cwd: dir,
    ready: /port \d+/,
  });
  const port = Number(/port (\d+)/.exec(running.output())![1]);
  const clients = Array.from({ length: 120 }, () => {
    const client = net.connect({ port, host: "127.0.0.1" });
    client.on("error", () => undefined);
    endLater(() => void client.destroy());
    return client;
  });
  const outcomes = await Promise.all(clients.map(firstWord));
  const served = clients.filter((_, index) => outcomes[index] === "in");
  expect(served.length).toBe(64);
  expect(running.output()).toContain("accept-failed EMFILE");
  for (const client of served) client.end();
  await Promise.all(served.map(async (client) => client.destroyed || once(client, "close")));
  const late = await waitFor(async () => {
    const client = net.connect({ port, host: "127.0.0.1" });
    client.on("error", () => undefined);
    endLater(() => void client.destroy());
    return (await firstWord(client)) === "in";
  });
  expect(late).toBe(true);
});

/** What a client is told first: bytes, or that it is refused. */
async function firstWord(client: net.Socket): Promise<string> {
  return new Promise((resolve) => {
    client.once("data", (bytes: Buffer) => resolve(bytes.toString()));
    client.once("close", () => resolve("refused"));
  });
}

/** Turns the sources into plain JavaScript, which the oldest Node that is served can run. */
function transpile(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    if (entry.isDirectory()) transpile(source, path.join(to, entry.name));
    else writeFileSync(path.join(to, entry.name.replace(/\.ts$/, ".js")), plainJavaScript(source));
  }
}

function plainJavaScript(source: string): string {
  const { outputText } = ts.transpileModule(readFileSync(source, "utf8"), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  });
  return outputText;
}
