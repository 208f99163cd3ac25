import { constants } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { describe, expect, test } from "vitest";
import { makeAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { printTable } from "./comparison.ts";
import { compileLoad } from "./load.ts";
import { spread, threeDigits } from "./statistics.ts";
import { measureTlsExchanges } from "./tls-load.ts";

const { SSL_OP_NO_TICKET } = constants;

describe("statistics", () => {
  test("spread() takes the middle, or the mean of the middle two", () => {
    expect(spread([3, 1, 10])).toEqual({ min: 1, median: 3, max: 10 });
    expect(spread([4, 1, 10, 2])).toEqual({ min: 1, median: 3, max: 10 });
    expect(spread([7])).toEqual({ min: 7, median: 7, max: 7 });
  });

  test("threeDigits() keeps what counts", () => {
    expect([1.2345, 12.345, 123.45, 61234.5].map(threeDigits)).toEqual([
      "1.23",
      "12.3",
      "123",
      "61,235",
    ]);
  });

  test("printTable() aligns a row of both sides and their ratio", () => {
    const of = (median: number): ReturnType<typeof spread> => ({
      min: median,
      median,
      max: median,
    });
    const figure = { name: "cost", unit: "µs", goal: "≤ 1.5" };
    const row = { figure, candidate: of(12), beside: of(10), ratio: of(1.2) };
    expect(printTable([row], "Tandem", "HAProxy").split("\n")).toEqual([
      "|      |  Tandem | HAProxy | ratio: median |  min |  max |  goal |",
      "| ---- | ------: | ------: | ------------: | ---: | ---: | ----: |",
      "| cost | 12.0 µs | 10.0 µs |          1.20 | 1.20 | 1.20 | ≤ 1.5 |",
    ]);
  });
});

describe.skipIf(!has("cc"))(`the load program${skipNote("cc")}`, () => {
  test("ask, setup and idle complete their work against its own servers", async () => {
    const load = await compileLoad();
    const [echo, broker] = (await freePorts(2)) as [number, number];
    await load.serve("echo", echo);
    await load.serve("broker", broker);
    const large = { port: echo, connections: 20, bytes: 100_000, seconds: 0.1 };
    expect((await load.measure("ask", large)).count).toBeGreaterThan(20);
    const paced = { port: echo, connections: 10, bytes: 100, rate: 1_000, seconds: 0.2 };
    const result = await load.measure("ask", paced);
    expect(result.count).toBeGreaterThan(20);
    expect(result.count).toBeLessThanOrEqual(200);
    for (const bytes of [5, 129, 131, 20_000]) {
      const packets = { port: echo, connections: 5, bytes, packets: 1, seconds: 0.05 };
      expect((await load.measure("ask", packets)).count).toBeGreaterThan(5);
    }
    const impossible = { port: echo, connections: 1, bytes: 130, packets: 1, seconds: 0.05 };
    await expect(load.measure("ask", impossible)).rejects.toThrow("no PUBLISH has 130 bytes");
    const setup = { port: broker, connections: 10, seconds: 0.1, pid: process.pid };
    expect(await load.measure("setup", setup)).toMatchObject({ failed: 0 });
    const idle = await load.measureIdle({ ...setup, connections: 100 });
    expect(idle.count).toBe(100);
    expect(idle.rssBeforeBytes).toBeGreaterThan(1_000_000);
  });

  test("a proxy that closes connections is an error, not a figure", async () => {
    const load = await compileLoad();
    const [port] = await freePorts(1);
    const options = { port: port!, connections: 1, bytes: 100, seconds: 0.1 };
    await expect(load.measure("ask", options)).rejects.toThrow(/load ask.*Connection refused/s);
  });
});

const canCompileTls = has("cc") && has("openssl") && existsSync("/usr/include/openssl/ssl.h");

describe.skipIf(!canCompileTls)(
  `handshakes${canCompileTls ? "" : " (skipped: no libssl-dev)"}`,
  () => {
    test("are counted as what they are, full or resumed", async () => {
      const load = await compileLoad();
      const port = await serveTls((socket) => void socket.pipe(socket));
      const options = { port, connections: 2, seconds: 0.2, pid: process.pid };
      for (const resume of [0, 1] as const) {
        const result = await load.measureHandshakes({ ...options, resume });
        expect(result.count).toBeGreaterThan(0);
        expect(result.resumed).toBe(resume * result.count);
      }
    });

    test("a proxy that resumes nothing, or closes, is an error, not a figure", async () => {
      const load = await compileLoad();
      const options = { connections: 1, seconds: 0.1, pid: process.pid };
      const forgetful = await serveTls((socket) => void socket.pipe(socket), SSL_OP_NO_TICKET);
      const resumed = load.measureHandshakes({ ...options, port: forgetful, resume: 1 });
      await expect(resumed).rejects.toThrow(/^0 of \d+ handshakes resumed a session$/);
      const port = await serveTls((socket) => void socket.once("data", () => socket.destroy()));
      const closed = load.measureHandshakes({ ...options, port, resume: 0 });
      await expect(closed).rejects.toThrow("the proxy closed a TLS connection");
    });
  },
);

/** A server with TLS; its port. */
async function serveTls(serve: (socket: tls.TLSSocket) => void, options = 0): Promise<number> {
  const own = makeAuthority().issue(["localhost"]);
  const server = tls.createServer({ ...own, secureOptions: options }, (socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endLater(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe.skipIf(!has("openssl"))(`the clients with TLS${skipNote("openssl")}`, () => {
  test("a proxy that closes connections is an error, and nobody waits for ever", async () => {
    const port = await serveTls((socket) => void socket.once("data", () => socket.destroy()));
    const options = { port, connections: 1, seconds: 0.1, pid: process.pid };
    await expect(measureTlsExchanges(options, 100)).rejects.toThrow("closed a TLS connection");
  });
});
