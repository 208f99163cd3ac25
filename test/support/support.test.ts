import { existsSync, readFileSync } from "node:fs";
import net from "node:net";
import mqtt from "mqtt";
import { describe, expect, test } from "vitest";
import { checkWithHaproxy, startHaproxy } from "./haproxy.ts";
import { startMosquittos } from "./mosquitto.ts";
import { freePorts } from "./ports.ts";
import { runToEnd, startProcess } from "./process.ts";
import { has, skipNote } from "./programs.ts";
import { tempDir } from "./temp.ts";
import { canConnect, waitFor } from "./wait-for.ts";

describe("processes", () => {
  let pid = 0;
  let dir = "";

  test("startProcess() is ready when the output says so", async () => {
    dir = tempDir();
    const child = await startProcess({
      command: process.execPath,
      args: ["-e", "console.log('up'); setInterval(() => 0, 1000)"],
      ready: /^up$/m,
    });
    pid = child.pid;
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    expect(existsSync(dir)).toBe(true);
  });

  test("the end of a test ends its processes and removes its folders", () => {
    expect(pid).toBeGreaterThan(0);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(existsSync(dir)).toBe(false);
  });

  test("startProcess() shows the output of a process that ends before it is ready", async () => {
    const starting = startProcess({
      command: process.execPath,
      args: ["-e", "console.error('no such thing'); process.exit(3)"],
      ready: /^up$/m,
    });
    await expect(starting).rejects.toThrow(/"code":3.*no such thing/s);
  });

  test("stop() ends a process that ignores SIGTERM and one that is stopped", async () => {
    const script = "process.on('SIGTERM', () => 0); console.log('up'); setInterval(() => 0, 1000)";
    const options = { command: process.execPath, args: ["-e", script], ready: /up/ };
    const deaf = await startProcess({ ...options, stopTimeoutMs: 50 });
    expect(await deaf.stop()).toEqual({ code: null, signal: "SIGKILL" });
    const frozen = await startProcess({ command: "sleep", args: ["60"] });
    frozen.kill("SIGSTOP");
    expect(await frozen.stop()).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("runToEnd() returns both streams and the exit code", async () => {
    const script = "console.log('out'); console.error('err'); process.exitCode = 2";
    const ended = await runToEnd({ command: process.execPath, args: ["-e", script] });
    expect(ended).toEqual({ code: 2, signal: null, stdout: "out\n", stderr: "err\n" });
  });
});

describe("ports", () => {
  test("freePorts() gives distinct ports that can be listened on", async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    const server = net.createServer().listen(ports[0]);
    await waitFor(() => server.listening);
    expect(await canConnect(ports[0]!)).toBe(true);
    expect(await canConnect(ports[1]!)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe.skipIf(!has("haproxy"))(`HAProxy${skipNote("haproxy")}`, () => {
  test("startHaproxy() serves and answers runtime commands", async () => {
    const [port] = await freePorts(1);
    const haproxy = await startHaproxy({
      config: `listen l\n  mode tcp\n  bind 127.0.0.1:${port!}\n  timeout client 1s`,
    });
    expect(await canConnect(port!)).toBe(true);
    expect(await haproxy.command("show info")).toMatch(/^Nbthread: 1$/m);
    expect(readFileSync(`/proc/${haproxy.pid}/comm`, "utf8")).toBe("haproxy\n");
  });

  test("checkWithHaproxy() returns the verdict on a configuration", async () => {
    const checked = await checkWithHaproxy("listen l\n  mode tcpp\n");
    expect(checked.code).toBe(1);
    expect(checked.stderr).toMatch(/unknown proxy mode 'tcpp'/);
  });
});

describe.skipIf(!has("mosquitto"))(`mosquitto${skipNote("mosquitto")}`, () => {
  test("startMosquittos() keeps persistent sessions over a restart", async () => {
    const [broker] = await startMosquittos(1);
    const url = `mqtt://127.0.0.1:${broker!.port}`;
    const options = { clientId: "c", clean: false, reconnectPeriod: 0 };
    const first = await mqtt.connectAsync(url, options);
    await first.subscribeAsync("topic", { qos: 1 });
    await first.endAsync();
    await broker!.stop();
    expect(await canConnect(broker!.port)).toBe(false);
    await broker!.restart();
    const second = mqtt.connect(url, options);
    const present = await new Promise((resolve) => {
      second.once("connect", (connack) => resolve(connack.sessionPresent));
    });
    await second.endAsync();
    expect(present).toBe(true);
  });
});
