// Where the events of a node under test arrive: a webhook and a script that write them down.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import type { NodeEvent } from "../../src/base/event.ts";
import { endLater } from "../support/cleanup.ts";
import type { Host } from "../support/netns.ts";
import { tempDir } from "../support/temp.ts";

const PORT = 8099;

/** Both outlets of a node. */
export interface EventOutlet {
  /** The directives for global_defs. */
  readonly directives: string;
  /** What has arrived at the web server. */
  readonly posted: readonly NodeEvent[];
  /** What the script was told. */
  scripted(): readonly NodeEvent[];
  /** Lets the web server be reached from this host; until then it is refused. */
  open(host: Host): Promise<void>;
}

/** Makes both; the web server lives with the test. */
export async function makeOutlet(): Promise<EventOutlet> {
  const dir = tempDir();
  const script = path.join(dir, "told");
  const out = path.join(dir, "out");
  writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$EVENT_JSON" >> ${out}\n`);
  chmodSync(script, 0o755);
  const socket = path.join(dir, "hook.sock");
  const posted = await serveHook(socket);
  return {
    directives:
      `#tandem event-webhook http://127.0.0.1:${PORT}/hook\n` +
      `  #tandem event-script ${script} root`,
    posted,
    scripted: () =>
      existsSync(out)
        ? readFileSync(out, "utf8")
            .split("\n")
            .filter((line) => line.endsWith("}"))
            .map((line) => JSON.parse(line) as NodeEvent)
        : [],
    async open(host) {
      const program =
        `require("net").createServer((c) => { const u = require("net").connect("${socket}"); c.pipe(u).pipe(c);` +
        `c.on("error", () => {}); u.on("error", () => {}); }).listen(${PORT}, () => console.log("ready"))`;
      await host.start({ command: process.execPath, args: ["-e", program], ready: /ready/ });
    },
  };
}

/** A web server at a unix socket, which no namespace hides; what it is told. */
async function serveHook(socket: string): Promise<NodeEvent[]> {
  const got: NodeEvent[] = [];
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (part: Buffer) => (text += part.toString()));
    request.on("end", () => {
      got.push(...(JSON.parse(text) as { events: NodeEvent[] }).events);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  endLater(() => {
    server.closeAllConnections();
    server.close();
  });
  return got;
}
