// Sessions for practice, with real sockets on loopback: what they leave behind, and when they end.
import net from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Configuration } from "../../src/config/model/configuration.ts";
import { readConfiguration } from "../../src/config/read.ts";
import type * as native from "../../src/io/mover/native/addon.ts";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { rehearseSessions } from "../../src/io/rehearse-sessions.ts";
import { REHEARSAL_AT_ONCE, REHEARSAL_SESSIONS } from "../../src/limits.ts";
import { waitFor } from "../support/wait-for.ts";
import { DEFAULTS } from "./features-harness.ts";

vi.mock("../../src/io/mover/native/addon.ts", async (original) => {
  const actual = await original<typeof native>();
  return { ...actual, loadMoverAddon: vi.fn(actual.loadMoverAddon) };
});

function configured(sections: string): Configuration {
  const source = { name: "haproxy.cfg", text: DEFAULTS + sections };
  const options = { environment: {}, version: "0", hostName: "here" };
  return readConfiguration([source], options).configuration;
}

const STICKY = `frontend mqtt
  bind 192.0.2.1:1883
  tcp-request inspect-delay 5s
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  default_backend brokers
backend brokers
  stick-table type string len 64 size 1k expire 30m
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  server b1 192.0.2.2:1883
  server b2 192.0.2.3:1883 send-proxy check
`;

const always = (): boolean => true;

/** Handles that are open in this process, by what they are. */
function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Pipe|Poll/.test(name));
}

describe("rehearseSessions()", () => {
  test("serves devices by the configuration, at addresses that are not ours, and leaves nothing open", async () => {
    const before = openHandles();
    const served = await rehearseSessions(configured(STICKY), always);
    // Not all of them on a machine that has no time.
    expect(served).toBeGreaterThanOrEqual(REHEARSAL_AT_ONCE);
    await waitFor(() => openHandles().length <= before.length, { what: "the sockets to go" });
  });

  test("serves where a PROXY header is expected, and with Node's sockets", async () => {
    const text = STICKY.replace(":1883\n  tcp", ":1883 accept-proxy\n  tcp");
    const global = "global\n  #tandem mover node\n";
    expect(text).toContain("accept-proxy");
    const served = await rehearseSessions(configured(global + text), always);
    expect(served).toBeGreaterThanOrEqual(REHEARSAL_AT_ONCE);
  });

  test("ends as soon as it is asked to", async () => {
    let askedCount = 0;
    const served = await rehearseSessions(configured(STICKY), () => (askedCount += 1) < 3);
    expect(served).toBeGreaterThan(0);
    expect(served).toBeLessThan(REHEARSAL_SESSIONS);
  });

  test("gives up where nobody is let in, and where nothing listens for TCP", async () => {
    const closed = STICKY.replace("  tcp-request inspect", "  tcp-request connection reject\n$&");
    expect(await rehearseSessions(configured(closed), always)).toBe(0);
    const unix = STICKY.replace("192.0.2.1:1883", "unix@/nowhere/mqtt.sock");
    expect(await rehearseSessions(configured(unix), always)).toBe(0);
  });

  test("serves nobody where no mover can be opened", async () => {
    const openMover = vi.fn(() => {
      throw new Error("epoll_create1: Too many open files");
    });
    const addon = { openMover } as Partial<native.MoverAddon> as native.MoverAddon;
    vi.mocked(loadMoverAddon).mockReturnValueOnce({ addon });
    expect(await rehearseSessions(configured(STICKY), always)).toBe(0);
    expect(openMover).toHaveBeenCalledOnce();
  });

  test("goes on when its broker cannot accept", async () => {
    const createServer = vi.spyOn(net, "createServer");
    onTestFinished(() => createServer.mockRestore());
    const failing = (): boolean => {
      // What Node does with EMFILE of accept(2).
      const broker = createServer.mock.results[0]!.value as net.Server;
      return broker.emit("error", new Error("accept EMFILE"));
    };
    const served = await rehearseSessions(configured(STICKY), failing);
    expect(served).toBeGreaterThanOrEqual(REHEARSAL_AT_ONCE);
  });
});
