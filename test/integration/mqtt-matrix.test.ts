// What rules and keys make of a CONNECT, over each transport and in each version: mqtt.js as devices,
// mosquitto as brokers, one table for all.
import type { IClientOptions, MqttClient } from "mqtt";
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority, type TestAuthority } from "../support/certificates.ts";
import { type Broker, startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { canConnect, waitFor } from "../support/wait-for.ts";
import { connectDevice, Placements } from "./mqtt-devices.ts";

const TRANSPORTS = ["mqtt", "mqtts", "ws", "wss"] as const;
type Transport = (typeof TRANSPORTS)[number];

const LEVELS = [
  { protocolId: "MQIsdp", protocolVersion: 3 },
  { protocolId: "MQTT", protocolVersion: 4 },
  { protocolId: "MQTT", protocolVersion: 5 },
] as const;

/** As the log of mosquitto names them. */
const LEVEL_IN_LOG = { 3: 1, 4: 2, 5: 5 } as const;

const CASES = TRANSPORTS.flatMap((transport) =>
  LEVELS.map((level) => [transport, level.protocolVersion, level] as const),
);

const missing = ["mosquitto", "openssl"].find((program) => !has(program));

describe.skipIf(missing !== undefined)(
  `each transport and version${skipNote(missing ?? "mosquitto")}`,
  () => {
    let authority: TestAuthority;
    let port: Readonly<Record<Transport, number>>;
    let brokers: readonly Broker[];
    let placements: Placements;

    beforeAll(async () => {
      const numbers = await freePorts(6);
      const webPorts = numbers.slice(4);
      port = Object.fromEntries(
        TRANSPORTS.map((each, index) => [each, numbers[index]!]),
      ) as typeof port;
      const starting = webPorts.map((webPort) =>
        startMosquittos(1, {
          extraLines: [`listener ${webPort} 127.0.0.1`, "protocol websockets"],
        }),
      );
      brokers = (await Promise.all(starting)).flat();
      await waitFor(async () =>
        (await Promise.all(webPorts.map((each) => canConnect(each)))).every(Boolean),
      );
      placements = new Placements(brokers);
      authority = makeAuthority();
      const tls = `ssl crt ${authority.issue(["edge.example"]).pemFile} ca-file ${authority.certFile} verify optional`;
      const frontend = (transport: Transport): string => {
        const isWeb = transport.startsWith("ws");
        const isSecure = transport === "mqtts" || transport === "wss";
        return [
          `frontend ${transport}`,
          `  bind 127.0.0.1:${port[transport]} ${isSecure ? tls : ""}`,
          isWeb ? "  #tandem option mqtt-websocket" : "",
          isSecure ? "  #tandem mqtt-set-username ssl_c_s_dn(cn) else keep" : "",
          `  #tandem use_backend ${isWeb ? "web-fleet" : "fleet"} if { mqtt.client_id -m beg fleet- }`,
          `  default_backend ${isWeb ? "web" : "bare"}`,
        ].join("\n");
      };
      const servers = (ports: readonly number[]): string =>
        ports.map((each, index) => `  server b${index} 127.0.0.1:${each}`).join("\n");
      const bare = brokers.map((broker) => broker.port);
      await startTandem({
        config: [
          "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m",
          "  tcp-request inspect-delay 5s",
          ...TRANSPORTS.map(frontend),
          `backend fleet\n${servers(bare.slice(0, 1))}`,
          `backend web-fleet\n${servers(webPorts.slice(0, 1))}`,
          "backend bare\n  stick-table type string len 64 size 1k expire 1h",
          `  #tandem stick on mqtt.username\n${servers(bare)}`,
          `backend web\n  #tandem stick on mqtt.username table bare\n${servers(webPorts)}\n`,
        ].join("\n"),
      });
    }, 60_000);

    const connect = (
      transport: Transport,
      id: string,
      options: IClientOptions,
    ): Promise<MqttClient> =>
      connectDevice(port[transport], id, {
        ...{ protocol: transport, rejectUnauthorized: false },
        ...(transport.startsWith("ws") ? { path: "/mqtt" } : {}),
        ...options,
      });

    test.each(CASES)("%s, level %d: goes by its name's beginning", async (transport, v, level) => {
      const ids = ["fleet", "other"].map((each) => `${each}-${transport}${v}`);
      const device = await connect(transport, ids[0]!, level);
      // Its own broker, by turns, so two of them are enough.
      for (const id of [ids[1]!, `${ids[1]!}b`]) await connect(transport, id, level);
      expect((await placements.of([ids[0]!])).get(ids[0]!)).toBe(0);
      expect(await placements.counts([ids[1]!, `${ids[1]!}b`])).toEqual([1, 1]);
      await device.publishAsync("t", "x", { qos: 1 });
    });

    test("a user's devices reach one broker, by whichever way they come", async () => {
      for (const username of ["ann", "bob", "eve"]) {
        const ids = CASES.map(([transport, v]) => `${username}-${transport}${v}`);
        for (const [index, [transport, , level]] of CASES.entries()) {
          await connect(transport, ids[index]!, { username, ...level });
        }
        expect((await placements.counts(ids)).sort()).toEqual([0, CASES.length]);
      }
    });

    test.each(CASES.filter(([transport]) => ["mqtts", "wss"].includes(transport)))(
      "%s, level %d: the user name is the certificate's, and what devices stick by",
      async (transport, v, level) => {
        const name = `truck-${transport}${v}`;
        const { cert, key } = authority.issue([name]);
        const ids = [0, 1, 2].map((each) => `c${each}-${transport}${v}`);
        for (const id of ids) {
          const made = { username: `made-up-${id}`, password: "kept" };
          await connect(transport, id, { cert, key, ca: authority.cert, ...made, ...level });
        }
        expect((await placements.counts(ids)).sort()).toEqual([0, 3]);
        const logs = brokers.map((broker) => broker.output()).join("");
        const wanted = new RegExp(`as ${ids[0]!} \\(p${LEVEL_IN_LOG[v]}, .*u'${name}'\\)`);
        expect(logs).toMatch(wanted);
        expect(logs).not.toContain("made-up");
      },
    );
  },
);
