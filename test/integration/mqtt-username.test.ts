// `mqtt-set-username` between real clients and a real mosquitto, which logs the user name that it is told:
// through TLS with client certificates, and on a plain listener, which the native mover serves.
import mqtt, { type IClientOptions } from "mqtt";
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority, type TestAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { type Broker, startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";

const VERSIONS = [
  ["3.1", { protocolId: "MQIsdp", protocolVersion: 3 }],
  ["3.1.1", { protocolVersion: 4 }],
  ["5", { protocolVersion: 5, properties: { sessionExpiryInterval: 5 } }],
] as const satisfies readonly (readonly [string, IClientOptions])[];

const WILL = { topic: "gone", payload: Buffer.from("good-bye"), qos: 1, retain: false } as const;

async function connectTo(port: number, options: IClientOptions): Promise<mqtt.MqttClient | Error> {
  const client = mqtt.connect({ host: "127.0.0.1", port, reconnectPeriod: 0, ...options });
  endLater(() => void client.end(true));
  return new Promise((resolve) => {
    client.once("connect", () => resolve(client));
    client.once("error", resolve);
    client.once("close", () => resolve(new Error("closed")));
  });
}

const needed = ["mosquitto", "openssl"] as const;

describe.skipIf(!needed.every(has))(
  `mqtt-set-username${skipNote(needed.find((name) => !has(name)) ?? "mosquitto")}`,
  () => {
    let authority: TestAuthority;
    let broker: Broker;
    let ports: readonly number[];

    beforeAll(async () => {
      authority = makeAuthority();
      [broker] = (await startMosquittos(1)) as [Broker];
      ports = await freePorts(2);
      const crt = authority.issue(["edge.example"]).pemFile;
      await startTandem({
        config: [
          "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m",
          `listen secure\n  bind 127.0.0.1:${ports[0]} ssl crt ${crt} ca-file ${authority.certFile} verify optional`,
          "  #tandem mqtt-set-username ssl_c_s_dn(cn)\n  #tandem option mqtt-refuse",
          `  server b 127.0.0.1:${broker.port}`,
          `listen plain\n  bind 127.0.0.1:${ports[1]}\n  #tandem mqtt-set-username src`,
          `  server b 127.0.0.1:${broker.port}\n`,
        ].join("\n"),
      });
    }, 60_000);

    test.each(VERSIONS)(
      "MQTT %s through TLS: the name is the certificate's",
      async (name, version) => {
        const { cert, key } = authority.issue([`truck-${name}`]);
        const client = await connectTo(ports[0]!, {
          ...{ protocol: "mqtts", ca: authority.cert, cert, key, rejectUnauthorized: false },
          ...{ clientId: `tls${name}`, username: "somebody", password: "kept", will: WILL },
          ...version,
        });
        expect(client).not.toBeInstanceOf(Error);
        await waitFor(() => broker.output().includes(`as tls${name} `));
        expect(broker.output()).toMatch(new RegExp(`as tls${name} .*u'truck-${name}'`));
      },
    );

    test.each(VERSIONS)(
      "MQTT %s on a plain listener, with a will that arrives",
      async (name, version) => {
        const watcher = await connectTo(broker.port, { clientId: `watch${name}` });
        if (watcher instanceof Error) throw watcher;
        const heard: string[] = [];
        watcher.on("message", (_topic, payload) => heard.push(payload.toString()));
        await watcher.subscribeAsync(`gone/${name}`);
        const will = { ...WILL, topic: `gone/${name}` };
        const client = await connectTo(ports[1]!, { clientId: `plain${name}`, will, ...version });
        if (client instanceof Error) throw client;
        await waitFor(() => broker.output().includes(`as plain${name} `));
        expect(broker.output()).toMatch(new RegExp(`as plain${name} .*u'127.0.0.1'`));
        client.stream.destroy();
        await waitFor(() => heard.length > 0);
        expect(heard).toEqual(["good-bye"]);
      },
    );

    test("without a certificate there is no name, and the client is told", async () => {
      const error = await connectTo(ports[0]!, {
        ...{
          protocol: "mqtts",
          rejectUnauthorized: false,
          clientId: "nobody",
          username: "truck-5",
        },
      });
      expect(error).toMatchObject({ message: expect.stringContaining("Not authorized") as string });
      expect(broker.output()).not.toContain("as nobody ");
    });
  },
);
