// Where the running balancer listens and where it connects to.
import { statSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { unixPath } from "../../src/io/mover/endpoints.ts";
import { freePort, freePorts } from "../support/ports.ts";
import { startProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { tempDir, tempFile } from "../support/temp.ts";
import { DEFAULTS, greeting, openClient, startServer } from "./features-harness.ts";

const HAS_IPV6 = await new Promise<boolean>((resolve) => {
  const server = net.createServer();
  server.once("error", () => resolve(false));
  server.listen(0, "::1", () => server.close(() => resolve(true)));
});

describe("addresses", () => {
  let tandem: Tandem;
  let dir: string;
  let servers: { readonly v4: number; readonly v6: number; readonly file: string };
  let port: Readonly<Record<string, number>>;
  let range: number;

  beforeAll(async () => {
    dir = tempDir();
    const file = path.join(dir, "server.sock");
    const v4 = await startServer({ greeting: "four" });
    const v6 = HAS_IPV6
      ? await startServer({ greeting: "six", listen: { host: "::1", port: 0 } })
      : v4;
    await startServer({ greeting: "unix", listen: { path: file } });
    await startServer({
      greeting: "abstract",
      listen: { path: unixPath(`${path.basename(dir)}-server`, true) },
    });
    servers = { v4: v4.port, v6: v6.port, file };
    const [six, dual, only, offset, toUnix, toAbstract, alive] = await freePorts(7);
    port = {
      ...{ six: six!, dual: dual!, only: only!, offset: offset! },
      ...{ toUnix: toUnix!, toAbstract: toAbstract!, alive: alive! },
    };
    range = await freeRange(3);
    const to4 = `server s 127.0.0.1:${servers.v4}`;
    const ipv6 = [
      `listen six\n  bind [::1]:${port["six"]}\n  server s [::1]:${servers.v6}`,
      `listen dual\n  bind [::]:${port["dual"]} v4v6\n  ${to4}`,
      `listen only\n  bind [::]:${port["only"]} v6only\n  ${to4}`,
    ];
    const sections = [
      ...(HAS_IPV6 ? ipv6 : []),
      `listen unix\n  bind ${path.join(dir, "bind.sock")} mode 600\n  ${to4}`,
      `listen abns\n  bind abns@${path.basename(dir)}-bind\n  ${to4}`,
      `listen range\n  bind 127.0.0.1:${range}-${range + 2}\n  ${to4}`,
      `listen offset\n  bind 127.0.0.1:${servers.v4 - 10},127.0.0.1:${port["offset"]}` +
        "\n  server s 127.0.0.1:+10",
      `listen tounix\n  bind 127.0.0.1:${port["toUnix"]}\n  server s ${file}`,
      `listen toabns\n  bind 127.0.0.1:${port["toAbstract"]}` +
        `\n  server s abns@${path.basename(dir)}-server`,
      `listen alive\n  bind 127.0.0.1:${port["alive"]}\n  option tcpka\n  option clitcpka` +
        `\n  clitcpka-idle 30s\n  srvtcpka-idle 40s\n  ${to4}`,
    ];
    tandem = await startTandem({ config: `${DEFAULTS}${sections.join("\n")}\n` });
  });

  /** The first of `count` free ports in a row. */
  async function freeRange(count: number): Promise<number> {
    for (;;) {
      const ports = await freePorts(count);
      if (ports.at(-1)! - ports[0]! === count - 1) return ports[0]!;
    }
  }

  test.skipIf(!HAS_IPV6)("bind and server take IPv6 addresses", async () => {
    expect(await greeting(openClient({ host: "::1", port: port["six"]! }))).toBe("six");
  });

  test.skipIf(!HAS_IPV6)("bind v4v6 takes both, v6only one", async () => {
    expect(await greeting(openClient({ host: "::1", port: port["dual"]! }))).toBe("four");
    expect(await greeting(openClient({ host: "127.0.0.1", port: port["dual"]! }))).toBe("four");
    expect(await greeting(openClient({ host: "::1", port: port["only"]! }))).toBe("four");
    const refused = openClient({ host: "127.0.0.1", port: port["only"]! });
    expect(await greeting(refused)).toBe("closed: ECONNREFUSED");
  });

  test("bind takes a unix socket with its mode, and an abstract one", async () => {
    const file = path.join(dir, "bind.sock");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await greeting(openClient({ path: file }))).toBe("four");
    expect(await greeting(openClient({ path: unixPath(`${path.basename(dir)}-bind`, true) }))).toBe(
      "four",
    );
  });

  test("server takes a unix socket and an abstract one", async () => {
    expect(await greeting(openClient(port["toUnix"]!))).toBe("unix");
    expect(await greeting(openClient(port["toAbstract"]!))).toBe("abstract");
  });

  test("bind takes a range of ports", async () => {
    for (const one of [range, range + 1, range + 2]) {
      expect(await greeting(openClient(one))).toBe("four");
    }
    expect(await greeting(openClient(range + 3))).toMatch(/^closed/);
  });

  test("server takes an offset to the client's port", async () => {
    expect(await greeting(openClient(servers.v4 - 10))).toBe("four");
    const nobody = openClient(port["offset"]!);
    expect(await greeting(nobody)).toMatch(/^closed/);
  });

  test("source sets the address that servers see", async () => {
    const seen = await startServer({ echoes: true });
    const [one, two] = await freePorts(2);
    await startTandem({
      config:
        `${DEFAULTS}listen a\n  bind 127.0.0.1:${one!}\n  source 127.0.0.77` +
        `\n  server s 127.0.0.1:${seen.port}\n` +
        `listen b\n  bind 127.0.0.1:${two!}\n  source 127.0.0.77` +
        `\n  server s 127.0.0.1:${seen.port} source 127.0.0.78\n`,
    });
    for (const [target, address] of [
      [one, "127.0.0.77"],
      [two, "127.0.0.78"],
    ] as const) {
      const client = openClient(target!);
      client.socket.write("x");
      await client.gets("x");
      expect(seen.visits.at(-1)!.socket.remoteAddress).toBe(address);
    }
  });

  test("options of keep-alive are taken", async () => {
    expect(await greeting(openClient(port["alive"]!))).toBe("four");
    expect(tandem.process.stderr()).not.toMatch(/ALERT/);
  });

  test("bind takes an inherited socket", async () => {
    // A parent that listens and starts the balancer with the socket as descriptor 3.
    const target = await freePort();
    const config = tempFile(
      "fd.cfg",
      `${DEFAULTS}listen a\n  bind "fd@\${LISTENER}"\n  server s 127.0.0.1:${servers.v4}\n`,
    );
    const script = `
      const server = require("node:net").createServer().listen(${target}, "127.0.0.1", () => {
        const child = require("node:child_process").spawn(process.execPath, process.argv.slice(1), {
          stdio: ["ignore", "inherit", "inherit", server._handle],
          env: { ...process.env, LISTENER: "3" },
        });
        server.close();
        process.on("SIGTERM", () => child.kill());
        child.on("exit", (code) => process.exit(code ?? 1));
      });`;
    const program = path.join(REPOSITORY_DIR, "bin", "haproxy.js");
    await startProcess({
      command: process.execPath,
      args: ["-e", script, program, "-db", "-f", config],
      env: { XDG_RUNTIME_DIR: tempDir() },
      ready: /"msg":"ready"/,
    });
    expect(await greeting(openClient(target))).toBe("four");
  });
});
