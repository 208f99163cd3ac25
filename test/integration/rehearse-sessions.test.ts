// Sessions for practice, with real sockets on loopback: what they leave behind, and when they end.
import { describe, expect, test } from "vitest";
import type { Configuration } from "../../src/config/model/configuration.ts";
import { readConfiguration } from "../../src/config/read.ts";
import { rehearseSessions } from "../../src/io/rehearse-sessions.ts";
import { REHEARSAL_AT_ONCE, REHEARSAL_SESSIONS } from "../../src/limits.ts";
import { waitFor } from "../support/wait-for.ts";
import { DEFAULTS } from "./features-harness.ts";

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
});
