// The PROXY protocol between running processes: Tandem in front of HAProxy, behind it, and both
// ways through Tandem alone.
import { beforeAll, describe, expect, test } from "vitest";
import { decodeProxyHeader } from "../../src/session/proxy-protocol/decode.ts";
import {
  DEFAULTS,
  openClient,
  openTlsClient,
  startServer,
} from "../integration/features-harness.ts";
import type { FeatureServer } from "../integration/features-harness.ts";
import { makeAuthority, type TestAuthority } from "../support/certificates.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";

const NAMES = [
  ...["v1", "v2", "v2ssl", "mutual", "toHaproxy", "haproxyIn", "haproxyOut", "haproxyOutV1"],
  ...["fromHaproxy", "accept", "acceptTls", "expect", "insideTls"],
] as const;

type Name = (typeof NAMES)[number];

const missing = skipNote("haproxy") + skipNote("openssl");

describe.skipIf(missing !== "")(`PROXY protocol between processes${missing}`, () => {
  let authority: TestAuthority;
  let server: FeatureServer;
  let tandem: Tandem;
  let port: Readonly<Record<Name, number>>;

  beforeAll(async () => {
    authority = makeAuthority();
    const own = authority.issue(["lb.example"]);
    server = await startServer({ greeting: "hello" });
    const numbers = await freePorts(NAMES.length);
    port = Object.fromEntries(NAMES.map((name, i) => [name, numbers[i]!])) as typeof port;
    const listen = (name: Name, bindWords: string, ...lines: string[]): string =>
      [`listen ${name}`, `bind 127.0.0.1:${port[name]} ${bindWords}`, ...lines].join("\n  ") + "\n";
    const to = (target: number, words = ""): string => `server s 127.0.0.1:${target} ${words}`;
    const logged = ["log stdout format raw local0", 'log-format "%ft %ci:%cp to %fi:%fp"'];
    const mutualTls = `ssl crt ${own.pemFile} ca-file ${authority.certFile} verify optional`;
    const haproxy = [
      listen("haproxyIn", "accept-proxy", ...logged, to(server.port, "send-proxy")),
      listen("haproxyOut", "", to(port.fromHaproxy, "send-proxy-v2")),
      listen("haproxyOutV1", "", to(port.fromHaproxy, "send-proxy")),
    ];
    const tandems = [
      listen("v1", "", to(server.port, "send-proxy")),
      listen("v2", "", to(server.port, "send-proxy-v2")),
      listen("v2ssl", mutualTls, to(server.port, "send-proxy-v2-ssl")),
      listen("mutual", mutualTls, to(server.port, "send-proxy-v2-ssl-cn")),
      listen("toHaproxy", "", to(port.haproxyIn, "send-proxy-v2")),
      listen("fromHaproxy", "accept-proxy", ...logged, to(server.port, "send-proxy")),
      listen("accept", "accept-proxy", ...logged, to(server.port, "send-proxy")),
      listen("acceptTls", `accept-proxy ${mutualTls}`, ...logged, to(server.port, "send-proxy")),
      listen(
        "expect",
        "",
        "tcp-request connection expect-proxy layer4 if { src 127.0.5.0/24 }",
        to(server.port, "send-proxy"),
      ),
      listen("insideTls", "", to(port.acceptTls, "send-proxy ssl verify none")),
    ];
    await startHaproxy({ config: DEFAULTS + haproxy.join("\n") });
    tandem = await startTandem({ config: DEFAULTS + tandems.join("\n") });
  });

  /** What the server gets from a client that connects to a port and sends `ping`. */
  async function arrives(name: Name, first = "", from = "127.0.0.9"): Promise<[string, number]> {
    const count = server.visits.length;
    const client = openClient({ host: "127.0.0.1", port: port[name], localAddress: from });
    client.socket.write(`${first}ping`, "latin1");
    await client.gets("hello");
    return [await untilPing(count), client.socket.localPort!];
  }

  async function untilPing(index: number): Promise<string> {
    const visit = await server.visit(index);
    await expect.poll(() => visit.received(), { timeout: 10_000 }).toMatch(/ping$/);
    return visit.received();
  }

  test("send-proxy says where a client came from and what it sent follows", async () => {
    const [bytes, from] = await arrives("v1");
    expect(bytes).toBe(`PROXY TCP4 127.0.0.9 127.0.0.1 ${from} ${port.v1}\r\nping`);
  });

  test("send-proxy-v2 says the same in binary", async () => {
    const [bytes, from] = await arrives("v2");
    const decoded = decodeProxyHeader(Buffer.from(bytes, "latin1"));
    expect(decoded).toMatchObject({
      kind: "message",
      header: {
        source: { host: "127.0.0.9", port: from },
        destination: { host: "127.0.0.1", port: port.v2 },
      },
    });
  });

  test.each(["v2ssl", "mutual"] as const)("send-proxy-v2-ssl tells of TLS: %s", async (name) => {
    const device = authority.issue(["device-9"]);
    const count = server.visits.length;
    const client = openTlsClient(port[name], { cert: device.cert, key: device.key });
    client.socket.write("ping");
    await client.gets("hello");
    const bytes = await untilPing(count);
    expect(bytes).toContain("TLSv1.3");
    expect(bytes.includes("device-9")).toBe(name === "mutual");
  });

  test("HAProxy with accept-proxy believes the header that Tandem sends", async () => {
    const [bytes, from] = await arrives("toHaproxy");
    expect(bytes).toBe(`PROXY TCP4 127.0.0.9 127.0.0.1 ${from} ${port.toHaproxy}\r\nping`);
  });

  test.each(["haproxyOut", "haproxyOutV1"] as const)(
    "Tandem with accept-proxy believes the header that HAProxy sends: %s",
    async (name) => {
      const [bytes, from] = await arrives(name);
      expect(bytes).toBe(`PROXY TCP4 127.0.0.9 127.0.0.1 ${from} ${port[name]}\r\nping`);
    },
  );

  test("accept-proxy takes IPv6 and UNKNOWN, rules and logs see it", async () => {
    const [bytes] = await arrives("accept", "PROXY TCP6 2001:db8::1 2001:db8::2 1111 2222\r\n");
    expect(bytes).toBe("PROXY TCP6 2001:db8::1 2001:db8::2 1111 2222\r\nping");
    const [unknown, from] = await arrives("accept", "PROXY UNKNOWN\r\n");
    expect(unknown).toBe(`PROXY TCP4 127.0.0.9 127.0.0.1 ${from} ${port.accept}\r\nping`);
  });

  test("accept-proxy refuses a client that sends none", async () => {
    const client = openClient(port.accept);
    client.socket.write("GET / HTTP/1.0\r\n\r\n");
    await client.ended;
    expect(client.received()).toBe("");
  });

  test("TLS begins behind the header", async () => {
    const [bytes, from] = await arrives("insideTls");
    expect(bytes).toBe(`PROXY TCP4 127.0.0.9 127.0.0.1 ${from} ${port.insideTls}\r\nping`);
  });

  test("expect-proxy takes a header from those that it names and from nobody else", async () => {
    const header = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
    const [named] = await arrives("expect", header, "127.0.5.1");
    expect(named).toBe(`${header}ping`);
    const [other] = await arrives("expect", header, "127.0.6.1");
    expect(other).toMatch(/^PROXY TCP4 127\.0\.6\.1 .*\r\nPROXY TCP4 192.*\r\nping$/);
  });

  test("the log names the client of the header", async () => {
    await arrives("accept", "PROXY TCP4 192.0.2.77 192.0.2.2 4711 1883\r\n");
    server.visits.at(-1)!.socket.destroy();
    await tandem.process.waitForOutput(/^accept 192\.0\.2\.77:4711 to 192\.0\.2\.2:1883$/m);
  });
});
