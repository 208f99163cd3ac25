// Traffic logs of the running balancer with samples in their format, over the ways there are.
import dgram from "node:dgram";
import { once } from "node:events";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { DEFAULTS, greeting, openClient, startServer } from "./features-harness.ts";

const FORMAT =
  'log-format "from=%[src,ipmask(24)] port=%[dst_port] to=%b/%s bytes=%B srv=%[nbsrv] ' +
  'name=%[str(Ab),upper]"';

/** Lets one client through a balancer that logs to a target; the port that it came to. */
async function logOnce(target: string): Promise<number> {
  const server = await startServer({ greeting: "hello" });
  const port = await freePort();
  const config =
    `global\n  log ${target}\n${DEFAULTS}listen l\n  log global\n  bind 127.0.0.1:${port}\n` +
    `  ${FORMAT}\n  server s 127.0.0.1:${server.port}\n`;
  await startTandem({ config });
  expect(await greeting(openClient(port))).toBe("hello");
  return port;
}

const line = (port: number): string => `from=127.0.0.0 port=${port} to=l/s bytes=5 srv=1 name=AB`;

interface UnixDatagramModule {
  createSocket(
    type: "unix_dgram",
    onMessage: (bytes: Buffer) => void,
  ): { bind(path: string): void; close(): void };
}

function loadUnixDatagrams(): UnixDatagramModule | undefined {
  try {
    return createRequire(import.meta.url)("unix-dgram") as UnixDatagramModule;
  } catch {
    return undefined;
  }
}

const unixDatagrams = loadUnixDatagrams();
const note = unixDatagrams === undefined ? " (skipped: unix-dgram is not installed)" : "";

describe("log-format with samples", () => {
  test.each([
    ["", /^<134>[A-Z][a-z]{2} [ \d]\d [\d:]{8} haproxy\[\d+\]: (.*)$/],
    ["format rfc5424", /^<134>1 \d{4}-\S+ \S+ haproxy \d+ - - (.*)$/],
    ["format raw", /^(.*)$/],
  ])("goes to a syslog server over UDP: %s", async (words, pattern) => {
    const socket = dgram.createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    endLater(() => void socket.close());
    const received: string[] = [];
    socket.on("message", (bytes) => received.push(bytes.toString().trimEnd()));
    const port = await logOnce(`127.0.0.1:${socket.address().port} ${words} local0`);
    await waitFor(() => received.length > 0);
    expect(pattern.exec(received.at(-1)!)?.[1]).toBe(line(port));
  });

  test.skipIf(unixDatagrams === undefined)(`goes to a socket like /dev/log${note}`, async () => {
    const file = path.join(tempDir(), "log");
    const received: string[] = [];
    const socket = unixDatagrams!.createSocket("unix_dgram", (bytes) =>
      received.push(bytes.toString().trimEnd()),
    );
    socket.bind(file);
    endLater(() => socket.close());
    const port = await logOnce(`${file} local0 info`);
    await waitFor(() => received.length > 0);
    expect(received.at(-1)).toMatch(/^<134>[A-Z][a-z]{2} /);
    expect(received.at(-1)!.endsWith(line(port))).toBe(true);
  });
});
