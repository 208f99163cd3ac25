import { generate, type IConnectPacket } from "mqtt-packet";
import { describe, expect, test, vi } from "vitest";
import * as inspecting from "../../../src/mqtt/inspect.ts";
import { compileSample } from "../../../src/rules/compile.ts";
import type { PayloadView } from "../../../src/rules/context.ts";
import { parseSampleExpression } from "../../../src/rules/parse-sample.ts";
import type { Fetched } from "../../../src/rules/sample.ts";
import { readText } from "../config/read-text.ts";
import { Bench } from "../session/bench.ts";
import { fakeContext } from "./context.ts";

vi.mock("../../../src/mqtt/inspect.ts", async (original) => {
  const actual = await original<typeof inspecting>();
  return { ...actual, inspectFirstPacket: vi.fn(actual.inspectFirstPacket) };
});

function connect(version: 3 | 4 | 5, more: Partial<IConnectPacket> = {}): Buffer {
  const protocolId = version === 3 ? "MQIsdp" : "MQTT";
  const rest = { protocolId, protocolVersion: version, clientId: "d1", ...more };
  return generate({ cmd: "connect", ...rest } as IConnectPacket);
}

function fetch(name: string, request: Partial<PayloadView> & Pick<PayloadView, "bytes">): Fetched {
  const parsed = parseSampleExpression([name], 0);
  if (!parsed.ok) throw new Error(parsed.message);
  return compileSample(parsed.value)(fakeContext("", { request: { final: true, ...request } }));
}

/** The value of `mqtt.<name>`, or `none` and `wait`. */
function valueOf(name: string, bytes: Uint8Array): unknown {
  const fetched = fetch(`mqtt.${name}`, { bytes });
  return typeof fetched === "string" ? fetched : fetched.value;
}

const NAMES = [
  "client_id",
  "username",
  "keepalive",
  "clean_start",
  "session_expiry",
  "protocol_version",
  "will",
  "will_topic",
];

describe("mqtt.*", () => {
  test.each([3, 4, 5] as const)("says what a CONNECT of level %d says", (version) => {
    const will = { topic: "d1/gone", payload: Buffer.from("x"), qos: 0, retain: false } as const;
    const bytes = connect(version, { username: "ü", keepalive: 600, clean: true, will });
    const said = NAMES.map((name) => valueOf(name, bytes));
    expect(said).toEqual(["d1", "\xc3\xbc", 600, true, 0, version, true, "d1/gone"]);
  });

  test("has no text for what is absent or empty", () => {
    const bytes = connect(5, { clientId: "", clean: true, keepalive: 0 });
    const said = NAMES.map((name) => valueOf(name, bytes));
    expect(said).toEqual(["none", "none", 0, true, 0, 5, false, "none"]);
  });

  test.each([
    [4, { clean: true }, 0],
    [4, { clean: false }, 4_294_967_295],
    [3, { clean: false }, 4_294_967_295],
    [5, { clean: false }, 0],
    [5, { properties: { sessionExpiryInterval: 3_600 } }, 3_600],
    [5, { properties: { sessionExpiryInterval: 4_294_967_295 } }, 4_294_967_295],
  ] as const)("session_expiry of level %d with %j is %d", (version, more, seconds) => {
    expect(valueOf("session_expiry", connect(version, more))).toBe(seconds);
  });

  test("waits while the CONNECT is incomplete and more may come", () => {
    const bytes = connect(4).subarray(0, 9);
    for (const name of NAMES) {
      expect(fetch(`mqtt.${name}`, { bytes, final: false })).toBe("wait");
      expect(fetch(`mqtt.${name}`, { bytes })).toBe("none");
    }
  });

  test("is none at once for what is no CONNECT, or one that is too long to be held", () => {
    const connack = generate({ cmd: "connack", returnCode: 0, sessionPresent: false });
    for (const bytes of [Buffer.from("GET / HTTP/1.1"), connack]) {
      for (const name of NAMES) {
        expect(fetch(`mqtt.${name}`, { bytes, final: false })).toBe("none");
      }
    }
    const long = connect(4, { clientId: "d".repeat(200) }).subarray(0, 50);
    expect(fetch("mqtt.client_id", { bytes: long, final: false, bytesMax: 100 })).toBe("none");
  });

  test("many rules and the key parse a CONNECT once", () => {
    const bench = new Bench(
      [
        "frontend f",
        " bind :1883",
        " tcp-request content reject unless { mqtt.protocol_version ge 4 }",
        " tcp-request content reject if { mqtt.keepalive gt 3600 } { mqtt.clean_start }",
        " use_backend other if { mqtt.client_id -m beg fleet- }",
        " default_backend b",
        "backend other",
        " server x 10.0.0.9:1",
        "backend b",
        " stick-table type string len 64 size 10",
        " stick on mqtt.username",
        " server s 10.0.0.1:1",
      ].join("\n"),
    );
    const client = bench.accept();
    const spy = vi.mocked(inspecting.inspectFirstPacket).mockClear();
    client.send(connect(5, { username: "u", keepalive: 60 }));
    expect(client.take()).toContain("connect 10.0.0.1:1");
    expect(spy).toHaveBeenCalledTimes(1);
  });

  test("hash to one server for each client, and wait for it", () => {
    const servers = [1, 2, 3].map((n) => ` server s${n} 10.0.0.${n}:1\n`).join("");
    const bench = new Bench(`listen l\n bind :1\n balance hash mqtt.client_id\n${servers}`);
    const serverOf = (clientId: string): string | undefined => {
      const client = bench.accept();
      expect(client.state).toBe("inspecting");
      client.send(connect(4, { clientId }));
      return client.take().find((line) => line.startsWith("connect "));
    };
    const ids = Array.from({ length: 20 }, (_, index) => `d${index}`);
    const first = ids.map(serverOf);
    expect(ids.map(serverOf)).toEqual(first);
    expect(new Set(first).size).toBe(3);
  });

  test("are refused where there are no first bytes", () => {
    const rule = "tcp-request connection track-sc0 mqtt.client_id";
    const { diagnostics } = readText(`listen l\n bind :1\n ${rule}\n`);
    const said = diagnostics.map(({ message }) => message).join("\n");
    expect(said).toContain("'mqtt.client_id'");
  });
});
