// `option mqtt-check` over real sockets: mosquitto and aedes as brokers that accept and refuse, and
// brokers that misbehave in every way that must not cost more than its time.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { Aedes } from "aedes";
import { describe, expect, test } from "vitest";
import type { MqttCheck } from "../../src/config/model/check.ts";
import type { Timeouts } from "../../src/config/model/proxy.ts";
import type { CheckSettings } from "../../src/config/model/server.ts";
import { planCheck } from "../../src/health/plan.ts";
import type { CheckReport } from "../../src/health/result.ts";
import { CheckRunner } from "../../src/io/checks/runner.ts";
import { makeAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { startMosquittos } from "../support/mosquitto.ts";
import { freePort, freePorts } from "../support/ports.ts";
import { findProgram, has, skipNote } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { canConnect, waitFor } from "../support/wait-for.ts";
import { backend, checkSettings, server } from "../unit/health/fixtures.ts";
import { startWebSocketBroker } from "./websocket-broker.ts";

interface CheckOptions {
  readonly settings?: Partial<CheckSettings>;
  readonly timeouts?: Timeouts;
  readonly ca?: string;
}

/** Runs one check and gives its report. */
async function check(
  port: number,
  words: Partial<MqttCheck> = {},
  options: CheckOptions = {},
): Promise<CheckReport> {
  const mqtt = { version: 4, clientIdPrefix: "chk", keepaliveSeconds: 10, ...words } as const;
  const address = { kind: "ip", family: 4, host: "127.0.0.1", port } as const;
  const checked = server({ address, check: checkSettings(options.settings) });
  const proxy = backend("be", [checked], { kind: "mqtt-check", mqtt }, options.timeouts);
  let found: CheckReport | undefined;
  const runner = new CheckRunner({
    nowMs: () => performance.now(),
    onReport: (_name, report) => (found = report),
    onAgentReply: () => undefined,
    tlsFor: () => (options.ca === undefined ? undefined : { ca: options.ca }),
  });
  endLater(() => runner.close());
  runner.start("be/s", planCheck(proxy, checked, undefined, "x1")!);
  return waitFor(() => found, { what: "a report", intervalMs: 2 });
}

/** A broker of our own making: whatever `serve` does with a connection. */
async function startBroker(serve: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const listener = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  endLater(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  return (listener.address() as net.AddressInfo).port;
}

const VERSIONS = [4, 5] as const;

describe.skipIf(!has("mosquitto"))(`mqtt-check and mosquitto${skipNote("mosquitto")}`, () => {
  test("passes, with and without a message, in both versions, and leaves in order", async () => {
    const [broker] = await startMosquittos(1);
    for (const version of VERSIONS) {
      const plain = await check(broker!.port, { version });
      expect(plain).toMatchObject({ ok: true, code: "L7OK", status: 0, info: "(mqtt-check)" });
      const publish = { topic: "probe", withinMs: 1_000 };
      const whole = await check(broker!.port, { version, publish });
      expect(whole).toMatchObject({ ok: true, code: "L7OK" });
      expect(whole.info).toMatch(/^\(mqtt-check\) message back after \d+ms$/);
    }
    await waitFor(() => broker!.output().match(/chkx1p1s1 disconnected\./g)?.length === 4);
  });

  test("signs in, is refused, and only knocks without a user name", async () => {
    const passwords = path.join(tempDir(), "passwords");
    execFileSync(findProgram("mosquitto_passwd")!, ["-b", "-c", passwords, "lb", "hush"]);
    const extraLines = ["allow_anonymous false", `password_file ${passwords}`];
    const [broker] = await startMosquittos(1, { extraLines });
    const refusals = { 4: [5, "Not authorized"], 5: [0x87, "Not authorized"] } as const;
    for (const version of VERSIONS) {
      const [status, info] = refusals[version];
      const user = { version, username: "lb", password: "hush" };
      expect(await check(broker!.port, user)).toMatchObject({ ok: true, status: 0 });
      const wrong = await check(broker!.port, { ...user, password: "loud" });
      expect(wrong).toMatchObject({ ok: false, code: "L7STS", status, info });
      const knock = await check(broker!.port, { version });
      expect(knock).toMatchObject({ ok: true, code: "L7OK", status });
      expect(knock.info).toBe(`${info}, but the broker answers`);
    }
  });

  test("finds no way for its message where the broker's rights forbid it", async () => {
    const rights = path.join(tempDir(), "acl");
    writeFileSync(rights, "topic read only/this\n");
    const [broker] = await startMosquittos(1, { extraLines: [`acl_file ${rights}`] });
    const publish = { topic: "probe", withinMs: 100 };
    for (const version of VERSIONS) {
      const report = await check(broker!.port, { version, publish });
      expect(report.ok).toBe(false);
      expect(["L7STS", "L7TOUT"]).toContain(report.code);
    }
  });

  test("speaks TLS as other checks do", async () => {
    const authority = makeAuthority();
    const own = authority.issue(["broker.example"]);
    const port = await freePort();
    const lines = [`listener ${port} 127.0.0.1`, `certfile ${own.certFile}`];
    await startMosquittos(1, { extraLines: [...lines, `keyfile ${own.keyFile}`] });
    await waitFor(() => canConnect(port));
    const settings = { tls: true, sni: "broker.example" };
    const trusting = await check(port, {}, { settings, ca: authority.cert });
    expect(trusting).toMatchObject({ ok: true, code: "L7OK" });
    const other = makeAuthority("Other").cert;
    expect(await check(port, {}, { settings, ca: other })).toMatchObject({ code: "L6RSP" });
    const plain = await check(port, {}, { settings: { intervalMs: 500 } });
    expect(plain).toMatchObject({ ok: false });
  });

  test("signs in and has its message back over each transport, in both versions", async () => {
    const authority = makeAuthority();
    const own = authority.issue(["broker.example"]);
    const passwords = path.join(tempDir(), "passwords");
    execFileSync(findProgram("mosquitto_passwd")!, ["-b", "-c", passwords, "lb", "hush"]);
    const [plain, secure, web, secureWeb] = (await freePorts(4)) as [
      number,
      number,
      number,
      number,
    ];
    const tls = [`certfile ${own.certFile}`, `keyfile ${own.keyFile}`];
    const extraLines = [
      ...["allow_anonymous false", `password_file ${passwords}`, `listener ${plain} 127.0.0.1`],
      ...[`listener ${secure} 127.0.0.1`, ...tls],
      ...[`listener ${web} 127.0.0.1`, "protocol websockets"],
      ...[`listener ${secureWeb} 127.0.0.1`, "protocol websockets", ...tls],
    ];
    const [broker] = await startMosquittos(1, { extraLines });
    const ports = [plain, secure, web, secureWeb];
    await waitFor(async () =>
      (await Promise.all(ports.map((port) => canConnect(port)))).every(Boolean),
    );
    for (const port of ports) {
      const isSecure = port === secure || port === secureWeb;
      const settings = {
        intervalMs: 5_000,
        ...(isSecure ? { tls: true, sni: "broker.example" } : {}),
      };
      const options = { settings, ca: authority.cert };
      for (const version of VERSIONS) {
        const words = {
          ...{ version, username: "lb", password: "hush", clientIdPrefix: `own${port}v${version}` },
          ...(port === web || port === secureWeb ? { webSocketPath: "/mqtt" } : {}),
          publish: { topic: "probe", withinMs: 4_000 },
        };
        const report = await check(port, words, options);
        expect(report).toMatchObject({ ok: true, code: "L7OK" });
        expect(report.answerMs).toBeGreaterThan(0);
        expect(broker!.output()).toMatch(new RegExp(`as own${port}v${version}\\S+ .*u'lb'`));
        const wrong = await check(port, { ...words, password: "loud" }, options);
        const status = version === 5 ? 0x87 : 5;
        expect(wrong).toMatchObject({ ok: false, code: "L7STS", status });
      }
    }
  });
});

describe("mqtt-check and aedes", () => {
  test.each([
    [3, "L7STS", "Server unavailable"],
    [2, "L7STS", "Identifier rejected"],
    [5, "L7OK", "Not authorized, but the broker answers"],
  ])("return code %i is %s", async (returnCode, code, info) => {
    const broker = await Aedes.createBroker({
      authenticate: (_client, _username, _password, done) => {
        done(Object.assign(new Error("no"), { returnCode }), null);
      },
    });
    endLater(() => new Promise<void>((resolve) => broker.close(resolve)));
    const port = await startBroker((socket) => void broker.handle(socket));
    const report = await check(port);
    expect(report).toMatchObject({ code, status: returnCode, info });
  });

  test("speaks through WebSocket, also with a message", async () => {
    const { port, clients } = await startWebSocketBroker();
    const publish = { topic: "a/probe", withinMs: 1_000 };
    const report = await check(port, { webSocketPath: "/mqtt", publish });
    expect(report).toMatchObject({ ok: true, code: "L7OK" });
    expect(clients).toEqual(["chkx1p1s1"]);
  });

  test("a web server that knows no WebSocket has a status", async () => {
    const port = await startBroker((socket) => {
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
    const report = await check(port, { webSocketPath: "/mqtt" });
    expect(report).toMatchObject({ code: "L7STS", status: 404, info: "WebSocket upgrade refused" });
  });
});

describe("mqtt-check and a hostile broker", () => {
  const settings = { intervalMs: 300 };

  async function expectInTime(
    serve: (socket: net.Socket) => void,
    expected: Partial<CheckReport>,
    words: Partial<MqttCheck> = {},
  ): Promise<void> {
    const begunMs = performance.now();
    const report = await check(await startBroker(serve), words, { settings });
    expect(report).toMatchObject({ ok: false, ...expected });
    expect(performance.now() - begunMs).toBeLessThan(1_000);
  }

  test("that says nothing, or one byte now and then, is given its time", async () => {
    const silent = { code: "L7TOUT", info: "no CONNACK" } as const;
    await expectInTime((socket) => socket.resume(), silent);
    await expectInTime((socket) => {
      const timer = setInterval(() => socket.write(Uint8Array.of(0x20)), 50);
      socket.once("close", () => clearInterval(timer));
    }, silent);
    await expectInTime((socket) => {
      // A remaining length of 2,000 bytes, which come at 20 a second.
      socket.write(Uint8Array.of(0x20, 0xd0, 0x0f));
      const timer = setInterval(() => socket.write(Uint8Array.of(0)), 50);
      socket.once("close", () => clearInterval(timer));
    }, silent);
  });

  test("that never stops is cut off", async () => {
    const flood = (socket: net.Socket): void => {
      const pings = Buffer.alloc(64 * 1024, Buffer.from([0xd0, 0]));
      const more = (): void => {
        while (!socket.destroyed && socket.write(pings));
      };
      socket.on("drain", more);
      socket.write(Uint8Array.of(0x20, 2, 0, 0));
      more();
    };
    const info = "the broker sent more than 16384 bytes";
    await expectInTime(flood, { code: "L7RSP", info }, { publish: { topic: "t" } });
    const head = (socket: net.Socket): void => void socket.write(`HTTP/1.1 ${"x".repeat(99_999)}`);
    await expectInTime(head, { code: "L7RSP", info }, { webSocketPath: "/" });
  });

  test("that hangs up says so", async () => {
    await expectInTime((socket) => socket.end(), {
      code: "L7RSP",
      info: "connection closed: no CONNACK",
    });
    const reset = { code: "SOCKERR", info: "Connection reset by peer: no CONNACK" } as const;
    await expectInTime((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    }, reset);
  });

  test("an answer is in time although this process was busy beyond it", async () => {
    const port = await startBroker((socket) => {
      socket.once("data", () => socket.write(Uint8Array.of(0x20, 2, 0, 0)));
    });
    const checking = check(port, {}, { settings: { intervalMs: 100 } });
    // The broker lives in this process: it must have answered before the time is wasted.
    const probe = net.connect(port, "127.0.0.1").on("error", () => undefined);
    await once(
      probe.on("connect", () => probe.write("x")),
      "data",
    );
    probe.destroy();
    const endMs = performance.now() + 300;
    while (performance.now() < endMs);
    expect(await checking).toMatchObject({ ok: true, code: "L7OK" });
  });
});
