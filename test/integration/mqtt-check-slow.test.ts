// `slow` of `option mqtt-check`: a broker that answers late gets less and is told of, and gets all again.
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { generate } from "mqtt-packet";
import { expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { runtimeCommand } from "../support/haproxy.ts";
import { freePort } from "../support/ports.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

/** Accepts whoever says anything, as late as it is told. */
class LateBroker {
  delayMs = 0;
  port = 0;

  async start(): Promise<this> {
    const server = net.createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", () => {
        const connack = generate({ cmd: "connack", sessionPresent: false, returnCode: 0 });
        setTimeout(() => socket.write(connack), this.delayMs).unref();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    endLater(() => void server.close());
    this.port = (server.address() as net.AddressInfo).port;
    return this;
  }
}

test("a broker that answers late has less weight until it is quick again", async () => {
  const late = await new LateBroker().start();
  const other = await new LateBroker().start();
  const socket = path.join(tempDir(), "s.sock");
  const tandem = await startTandem({
    config: [
      `global\n  stats socket ${socket} level admin`,
      "listen mqtt\n  mode tcp\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m",
      `  bind 127.0.0.1:${await freePort()}\n  balance leastconn\n  timeout check 5s`,
      "  #tandem option mqtt-check slow 100ms slow-weight 30%",
      `  server late 127.0.0.1:${late.port} check inter 200ms weight 100`,
      `  server other 127.0.0.1:${other.port} check inter 200ms weight 100\n`,
    ].join("\n"),
  });
  const weightOf = async (name: string): Promise<number> => {
    const [header, ...rows] = (await runtimeCommand(socket, "show stat")).split("\n");
    const column = header!.split(",").indexOf("weight");
    const row = rows.find((each) => each.startsWith(`mqtt,${name},`));
    return Number(row?.split(",")[column]);
  };
  late.delayMs = 500;
  const isLeast = async (): Promise<boolean> => (await weightOf("late")) === 30;
  await waitFor(isLeast, { what: () => "its least weight", timeoutMs: 30_000 });
  // Only of what another wish leaves.
  await runtimeCommand(socket, "set server mqtt/late weight 50%");
  expect(await weightOf("late")).toBe(15);
  await runtimeCommand(socket, "set server mqtt/late weight 100%");
  late.delayMs = 0;
  const isBack = async (): Promise<boolean> =>
    (await weightOf("late")) === 100 && (await weightOf("other")) === 100;
  await waitFor(isBack, { what: () => "its own weight", timeoutMs: 30_000 });
  const told = tandem.process.output();
  expect(told).toMatch(/"server\.slow".*mqtt\/late answers its checks after \d+ms: it gets less/);
  expect(told).toMatch(/"server\.quick".*mqtt\/late answers its checks after \d+ms again/);
  expect(told).not.toContain("DOWN");
}, 60_000);
