// `option mqtt-refuse` as devices see it: mqtt.js and mosquitto's clients say which refusal they got.
import net from "node:net";
import { generate, type IConnectPacket } from "mqtt-packet";
import { beforeAll, describe, expect, test } from "vitest";
import { REFUSAL_WAIT_MS } from "../../src/limits.ts";
import { makeAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { freePorts } from "../support/ports.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { openClient, openTlsClient } from "./features-harness.ts";
import { refusalOf, VERSIONS } from "./mqtt-devices.ts";

const NAMES = ["dead", "refused", "ruled", "rated", "queue", "secure", "off", "stats"] as const;

type Name = (typeof NAMES)[number];

function connect(version: 4 | 5): Uint8Array {
  const rest = { protocolId: "MQTT", protocolVersion: version, clientId: "raw" } as const;
  return generate({ cmd: "connect", ...rest } satisfies IConnectPacket);
}

describe("option mqtt-refuse", () => {
  let port: Readonly<Record<Name, number>>;
  let tandem: Tandem;

  beforeAll(async () => {
    const numbers = await freePorts(NAMES.length + 1);
    port = Object.fromEntries(NAMES.map((name, index) => [name, numbers[index]!])) as typeof port;
    const nobody = numbers.at(-1)!;
    const slow = net.createServer((socket) => socket.resume().on("error", () => undefined));
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    endLater(() => void slow.close());
    const slowPort = (slow.address() as net.AddressInfo).port;
    const listen = (name: Name, ...lines: readonly string[]): string =>
      [`listen ${name}`, `bind 127.0.0.1:${port[name]}`, ...lines].join("\n  ") + "\n";
    const pem = has("openssl") ? makeAuthority().issue(["b.example"]).pemFile : undefined;
    const gone = `server s 127.0.0.1:${nobody}`;
    tandem = await startTandem({
      config: [
        "global\n  log stdout format raw local0",
        "defaults\n  mode tcp\n  log global\n  option tcplog\n  retries 0\n  timeout connect 2s",
        "  timeout client 20s\n  timeout server 20s\n  timeout queue 100ms",
        "  #tandem option mqtt-refuse\n",
        listen("dead", `${gone} disabled`),
        listen("refused", gone),
        listen("ruled", "tcp-request content reject", gone),
        listen(
          "rated",
          "log-format 'code %[var(txn.mqtt_refused)] of %f'",
          "tcp-request content reject if { fe_sess_rate ge 1 }",
          gone,
        ),
        listen("queue", `server s 127.0.0.1:${slowPort} maxconn 1`),
        listen("off", "no option mqtt-refuse", `${gone} disabled`),
        pem === undefined
          ? ""
          : `listen secure\n  bind 127.0.0.1:${port.secure} ssl crt ${pem}\n  ${gone} disabled\n`,
        `listen stats\n  mode http\n  bind 127.0.0.1:${port.stats}\n  stats uri /\n`,
      ].join("\n"),
    });
  });

  test.each(VERSIONS)("MQTT %s learns that no broker is there", async (version, options) => {
    const answer = version === "5" ? "136 No broker can be reached at the moment" : "3";
    expect(await refusalOf(port.dead, options)).toBe(answer);
    expect(await refusalOf(port.refused, options)).toBe(answer);
  });

  test.each(VERSIONS)("MQTT %s learns that it may not enter", async (version, options) => {
    const answer = version === "5" ? "135 Refused by a rule" : "5";
    expect(await refusalOf(port.ruled, options)).toBe(answer);
  });

  test("MQTT 5 learns of a rate, and the log of the code", async () => {
    const reason = "159 Too many connections in a short time";
    expect(await refusalOf(port.rated, { protocolVersion: 5 })).toBe(reason);
    await waitFor(() => tandem.process.stdout().includes("code 159 of rated"));
  });

  test.each(VERSIONS)("MQTT %s learns that brokers are busy", async (version, options) => {
    const first = openClient(port.queue);
    first.socket.write(connect(4));
    await waitFor(() => first.socket.bytesWritten > 0);
    expect(await refusalOf(port.queue, options)).toBe(
      version === "5" ? "137 All brokers are busy" : "3",
    );
    first.socket.destroy();
  });

  test.skipIf(!has("openssl"))(`is told inside TLS${skipNote("openssl")}`, async () => {
    for (const [version, options] of VERSIONS) {
      const answer = version === "5" ? "136 No broker can be reached at the moment" : "3";
      const tls = { ...options, protocol: "mqtts" } as const;
      expect(await refusalOf(port.secure, tls)).toBe(answer);
    }
    const other = openTlsClient(port.secure);
    other.socket.write("GET / HTTP/1.1\r\n\r\n");
    expect(await other.ended).toBe("end");
    expect(other.received()).toBe("");
  });

  test.skipIf(!has("mosquitto_pub"))(
    `as mosquitto_pub says${skipNote("mosquitto_pub")}`,
    async () => {
      const send = ["-h", "127.0.0.1", "-p", String(port.dead), "-t", "t", "-m", "x"];
      const said: string[] = [];
      for (const version of ["mqttv31", "mqttv311", "mqttv5"]) {
        const { stderr } = await runToEnd({
          command: "mosquitto_pub",
          args: [...send, "-V", version],
        });
        said.push(stderr.split("\n")[0]!);
      }
      const old = "Connection error: Connection Refused: broker unavailable.";
      expect(said).toEqual([old, old, "Connection error: Server unavailable"]);
    },
  );

  test("reaches a client that has sent more than its CONNECT", async () => {
    const client = openClient(port.dead);
    client.socket.write(Buffer.concat([connect(4), Buffer.alloc(30_000, 0xc0)]));
    await client.ended;
    expect(Buffer.from(client.received(), "latin1").toString("hex")).toBe("20020003");
  });

  test("says nothing to what is no MQTT, and waits for nobody for long", async () => {
    const other = openClient(port.dead);
    other.socket.write("GET / HTTP/1.1\r\n\r\n");
    expect(await other.ended).toBe("end");
    expect(other.received()).toBe("");
    const begunMs = performance.now();
    const silent = openClient(port.dead);
    await silent.ended;
    const tookMs = performance.now() - begunMs;
    expect(tookMs).toBeGreaterThan(REFUSAL_WAIT_MS - 50);
    expect(tookMs).toBeLessThan(REFUSAL_WAIT_MS + 1_000);
  });

  test("is off where it is not asked for", async () => {
    expect(await refusalOf(port.off, { protocolVersion: 5 })).toBe("closed");
  });

  test("is in the log line and in the statistics", async () => {
    const client = openClient(port.dead);
    client.socket.write(connect(4));
    await client.ended;
    await waitFor(() => / dead dead\/<NOSRV> -1\/-1\/\d+ 4 SC /.test(tandem.process.stdout()));
    const answer = await fetch(`http://127.0.0.1:${port.stats}/;csv`);
    const [header, ...lines] = (await answer.text()).split("\n");
    const column = header!.split(",").indexOf("intercepted");
    const rows = lines.filter((line) => line.startsWith("dead,") && !line.startsWith("dead,s,"));
    const counts = rows.map((line) => Number(line.split(",")[column]));
    expect(counts).toHaveLength(2);
    for (const count of counts) expect(count).toBeGreaterThan(0);
  });
});
