// Routing and sticking by what a CONNECT says, with mosquitto as brokers and mqtt.js as devices.
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority, type TestAuthority } from "../support/certificates.ts";
import { type Broker, startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { connectDevice, disconnectDevices, Placements } from "./mqtt-devices.ts";

const NAMES = ["routed", "sticky", "secure"] as const;

type Name = (typeof NAMES)[number];

/** The protocol levels of MQTT 3.1, 3.1.1 and 5, as mqtt.js wants them. */
const LEVELS = [
  { protocolId: "MQIsdp", protocolVersion: 3 },
  { protocolId: "MQTT", protocolVersion: 4 },
  { protocolId: "MQTT", protocolVersion: 5 },
] as const;

const ROUTED_FORMAT =
  "routed %b %[mqtt.client_id] v%[mqtt.protocol_version] " +
  "%[mqtt.clean_start] %[mqtt.session_expiry] %[mqtt.will_topic]";

const missing = ["mosquitto", "openssl"].find((program) => !has(program));

describe.skipIf(missing !== undefined)(
  `rules about CONNECTs${skipNote(missing ?? "mosquitto")}`,
  () => {
    let port: Readonly<Record<Name, number>>;
    let brokers: Broker[];
    let placements: Placements;
    let authority: TestAuthority;
    let tandem: Tandem;

    beforeAll(async () => {
      brokers = await startMosquittos(2);
      placements = new Placements(brokers);
      const numbers = await freePorts(NAMES.length);
      port = Object.fromEntries(NAMES.map((name, index) => [name, numbers[index]!])) as typeof port;
      authority = makeAuthority();
      const { pemFile } = authority.issue(["b.example"]);
      const [first, second] = brokers.map((broker) => `127.0.0.1:${broker.port}`);
      tandem = await startTandem({
        config: `
global
  log stdout format raw local0
defaults
  mode tcp
  log global
  timeout connect 5s
  timeout client 1m
  timeout server 1m
frontend routed
  bind 127.0.0.1:${port.routed}
  log-format "${ROUTED_FORMAT}"
  tcp-request inspect-delay 5s
  use_backend fleet if { mqtt.client_id -m beg fleet- }
  #tandem use_backend fleet if { mqtt.username trucks } { mqtt.will }
  default_backend others
backend fleet
  server b0 ${first!}
backend others
  server b1 ${second!}
listen sticky
  bind 127.0.0.1:${port.sticky}
  tcp-request inspect-delay 5s
  stick-table type string len 64 size 1k expire 1h
  stick on mqtt.username
  server b0 ${first!}
  server b1 ${second!}
frontend secure
  bind 127.0.0.1:${port.secure} ssl crt ${pemFile} verify required ca-file ${authority.certFile}
  log-format "secure %[ssl_c_s_dn(cn)] %[ssl_c_san(dns,2)]"
  use_backend fleet if { ssl_c_s_dn(cn) truck-1 }
  use_backend fleet if { ssl_c_san(dns,2) -m end .fleet.example }
  default_backend others
`,
      });
    });

    async function brokerOf(id: string): Promise<number | undefined> {
      return (await placements.of([id])).get(id);
    }

    async function logged(line: string): Promise<void> {
      await waitFor(() => tandem.process.stdout().includes(line), {
        what: () => `"${line}" in ${tandem.process.stdout()}`,
      });
    }

    test.each(LEVELS)(
      "go by the client identifier's beginning, $protocolVersion",
      async (level) => {
        const { protocolVersion } = level;
        const ids = [`fleet-${protocolVersion}`, `meter-${protocolVersion}`] as const;
        const devices = await Promise.all(ids.map((id) => connectDevice(port.routed, id, level)));
        expect([await brokerOf(ids[0]), await brokerOf(ids[1])]).toEqual([0, 1]);
        await disconnectDevices(new Map(devices.map((device, index) => [ids[index]!, device])));
        await logged(`routed fleet fleet-${protocolVersion} v${protocolVersion} 1 0 -`);
      },
    );

    test("go by several facts of a CONNECT at once", async () => {
      const will = {
        topic: "trucks/gone",
        payload: Buffer.from("x"),
        qos: 0,
        retain: false,
      } as const;
      const plain = await connectDevice(port.routed, "t1", { username: "trucks" });
      const session = { clean: false, properties: { sessionExpiryInterval: 99 } };
      const options = { username: "trucks", will, protocolVersion: 5, ...session } as const;
      const willing = await connectDevice(port.routed, "t2", options);
      expect([await brokerOf("t1"), await brokerOf("t2")]).toEqual([1, 0]);
      await disconnectDevices(
        new Map([
          ["t1", plain],
          ["t2", willing],
        ]),
      );
      await logged("routed fleet t2 v5 0 99 trucks/gone");
    });

    test("`stick on mqtt.username` brings all devices of a user to one broker", async () => {
      const users = ["ann", "bob", "eve"];
      const ids = users.flatMap((user) => [0, 1, 2, 3].map((n) => `${user}-${n}`));
      for (const id of ids) {
        const [username] = id.split("-");
        await connectDevice(port.sticky, id, { username: username! });
      }
      const placed = await placements.of(ids);
      for (const user of users) {
        const own = ids.filter((id) => id.startsWith(user)).map((id) => placed.get(id));
        expect(new Set(own).size).toBe(1);
      }
      expect(new Set(placed.values()).size).toBe(2);
    });

    test("without a user name nobody sticks", async () => {
      const ids = ["n0", "n1", "n2", "n3"];
      for (const id of ids) await connectDevice(port.sticky, id);
      expect(await placements.counts(ids)).toEqual([2, 2]);
    });

    test("go by the client certificate's names", async () => {
      const names = {
        "truck-1": ["truck-1"],
        gate: ["gate", "gate.fleet.example"],
        other: ["other"],
      };
      const found: (number | undefined)[] = [];
      for (const [id, alternatives] of Object.entries(names)) {
        const { cert, key } = authority.issue(alternatives);
        const tls = { protocol: "mqtts", rejectUnauthorized: false, cert, key } as const;
        const device = await connectDevice(port.secure, `cert-${id}`, tls);
        found.push(await brokerOf(`cert-${id}`));
        await device.endAsync();
      }
      expect(found).toEqual([0, 0, 1]);
      await logged("secure gate gate.fleet.example");
    });
  },
);
