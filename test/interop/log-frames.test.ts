// The same connection logged by the installed HAProxy and by us must give the same bytes, dates,
// process ids and ports aside.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { hostname } from "node:os";
import net from "node:net";
import { describe, expect, test } from "vitest";
import type { LogFormatName } from "../../src/config/model/log.ts";
import { compileLogFormat, renderConnectLine, TCPLOG_FORMAT } from "../../src/log/format.ts";
import { frameMessage } from "../../src/log/frame.ts";
import type { ConnectionRecord } from "../../src/log/record.ts";
import { endLater } from "../support/cleanup.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";

const FRAMES: readonly LogFormatName[] = [
  "local",
  "rfc3164",
  "rfc5424",
  "priority",
  "short",
  "timed",
  "iso",
  "raw",
];

const FORMATS: readonly string[] = [
  TCPLOG_FORMAT,
  "%{+Q}o %b %ci %bc %ts %s %f %ft %si %bi %tsc %ID",
  "%{+X}ci %{+X}fi %{+X}rc %{+X}sq %{+X}B %{+X}Tw %{+X}Tc %{+X}ac",
  "%{+Q,+X}o %b %{-Q}b %{-Q}o %b %{+Q+X}f %{+QX}f %{Q}f %{+Z}f",
  "%{+E}b a  b   %hr %hrl %hs  c %%",
  "  %sslv %sslc %{+Q}sslc %U %B %Th %Td %Tw/%Tc ",
  "%bi %bp %si %sp %{+Q}bi %{+X}si %{+X}bp",
  "%ac %fc %bc %sc %rc %sq %bq %lc %ST",
];

interface Arrangement {
  readonly port: number;
  readonly pid: number;
  readonly lines: string[];
  readonly connect: () => Promise<number>;
}

/** A HAProxy whose backend has no server, and a UDP socket that collects what it logs. */
async function arrange(log: string, extra: string, global = ""): Promise<Arrangement> {
  const udp = createSocket("udp4").bind(0, "127.0.0.1");
  const lines: string[] = [];
  udp.on("message", (bytes) => lines.push(bytes.toString("latin1")));
  await once(udp, "listening");
  endLater(() => void udp.close());
  const port = await freePort();
  const haproxy = await startHaproxy({
    config: `global
  log 127.0.0.1:${udp.address().port} ${log}
${global}
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
  log global
listen fe
  bind 127.0.0.1:${port}
${extra}
`,
  });
  return { port, pid: haproxy.pid, lines, connect: () => connectOnce(port) };
}

/** Resolves to the client's port once HAProxy has closed. */
function connectOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    let local = 0;
    socket.on("connect", () => (local = socket.localPort ?? 0));
    socket.on("error", reject);
    socket.on("close", () => resolve(local));
    socket.resume();
  });
}

/** What HAProxy knows of such a connection. */
function recordOf(clientPort: number, port: number): ConnectionRecord {
  return {
    client: { kind: "ip", family: 4, host: "127.0.0.1", port: clientPort },
    frontendAddress: { kind: "ip", family: 4, host: "127.0.0.1", port },
    acceptWallMs: 0,
    frontend: "fe",
    frontendTls: false,
    backend: "fe",
    handshakeMs: 0,
    queueMs: -1,
    connectMs: -1,
    totalMs: 0,
    bytesToClient: 0,
    bytesToServer: 0,
    termination: "SC",
    actconn: 1,
    feconn: 1,
    beconn: 0,
    srvconn: 0,
    retries: 0,
    redispatched: false,
    serverQueue: 0,
    backendQueue: 0,
    logAsap: false,
    requestCount: 0,
    lineCount: 0,
    captured: [],
  };
}

/** Replaces dates by a word of their shape, so that every other byte still counts. */
function withoutDates(line: string): string {
  return line
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d/g, "<iso>")
    .replace(/[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d/g, "<bsd>")
    .replace(/\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d\.\d{3}/g, "<accept>");
}

describe.skipIf(!has("haproxy"))(`log lines beside HAProxy${skipNote("haproxy")}`, () => {
  test.each(
    FRAMES.flatMap((format) => [
      { format, global: "", hostName: undefined, tag: "haproxy" },
      { format, global: "  log-send-hostname\n  log-tag bar", hostName: hostname(), tag: "bar" },
    ]),
  )("frameMessage() writes format $format with tag $tag alike", async (entry) => {
    const { port, pid, lines, connect } = await arrange(
      `format ${entry.format} local3`,
      "",
      entry.global,
    );
    const clientPort = await connect();
    await waitFor(() => lines.length > 0);
    const ours = frameMessage(
      { format: entry.format, lengthMax: 1024, facility: "local3" },
      {
        text: renderConnectLine(recordOf(clientPort, port)),
        level: "info",
        wallMs: 1,
        tag: entry.tag,
        pid,
        ...(entry.hostName === undefined ? {} : { hostName: entry.hostName }),
      },
      () => 0,
    );
    expect(withoutDates(ours.toString("latin1"))).toBe(withoutDates(lines[0]!));
  });

  test.each(FRAMES)("frameMessage() cuts format %s at the same byte", async (format) => {
    const text = "0123456789".repeat(20);
    const log = `len 120 format ${format} local0`;
    const { pid, lines, connect } = await arrange(log, `  log-format "${text}"`);
    await connect();
    await waitFor(() => lines.length > 0);
    const message = { text, level: "info", wallMs: 1, tag: "haproxy", pid } as const;
    const ours = frameMessage({ format, lengthMax: 120, facility: "local0" }, message, () => 0);
    expect(withoutDates(ours.toString("latin1"))).toBe(withoutDates(lines[0]!));
  });

  test.each(FORMATS)("compileLogFormat() renders %j alike", async (format) => {
    const extra = `  log-format "${format}"`;
    const { port, pid, lines, connect } = await arrange("format raw local0", extra);
    const clientPort = await connect();
    await waitFor(() => lines.length > 0);
    const compiled = compileLogFormat(format, { hostName: hostname(), pid, utcOffset: () => 0 });
    const ours = compiled.ok ? compiled.render(recordOf(clientPort, port), undefined) : "refused";
    expect(withoutDates(`${ours}\n`)).toBe(withoutDates(lines[0]!));
  });
});
