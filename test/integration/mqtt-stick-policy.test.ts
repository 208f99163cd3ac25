// Where a device belongs whose broker was down for a while.
import { describe, expect, test } from "vitest";
import { startMosquittos } from "../support/mosquitto.ts";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { connectDevice, Placements } from "./mqtt-devices.ts";

describe.skipIf(!has("mosquitto"))(`a broker that comes back${skipNote("mosquitto")}`, () => {
  test.each([
    ["stay", "stick-policy stay"],
    ["stay", "# nothing is said"],
    ["return", "#tandem stick-policy return"],
  ])("its devices %s with '%s'", async (outcome, line) => {
    const brokers = await startMosquittos(2);
    const port = await freePort();
    const balancer = await startTandem({
      config: `
listen mqtt
  mode tcp
  bind 127.0.0.1:${port}
  tcp-request inspect-delay 5s
  tcp-request content accept if { req.len gt 0 }
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  balance roundrobin
  option redispatch 1
  stick-table type string len 32 size 10k expire 30m
  ${line}
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  server b0 127.0.0.1:${brokers[0]!.port} check inter 100ms rise 1 fall 1
  server b1 127.0.0.1:${brokers[1]!.port} check inter 100ms rise 1 fall 1
`,
    });
    const placements = new Placements(brokers);
    const place = async (): Promise<number> => {
      placements.mark();
      const device = await connectDevice(port, "device");
      await device.endAsync();
      return (await placements.of(["device"])).get("device")!;
    };
    const states = (): number => [...balancer.process.stderr().matchAll(/ is (?:DOWN|UP)/g)].length;

    const home = await place();
    await brokers[home]!.kill();
    await waitFor(() => states() === 1, { what: "the broker is seen to be down" });
    expect(await place()).toBe(1 - home);
    await brokers[home]!.restart();
    await waitFor(() => states() === 2, { what: "the broker is seen to be up" });
    expect(await place()).toBe(outcome === "stay" ? 1 - home : home);
  });
});
