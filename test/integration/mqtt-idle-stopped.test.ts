// `timeout client mqtt` and a device that hangs while messages go to it: its system takes them for a while,
// and the device says nothing.
import { describe, expect, test } from "vitest";
import { startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { connectDevice } from "./mqtt-devices.ts";

const HAS_MOSQUITTO = has("mosquitto") && has("mosquitto_sub");

/** Messages of each kind a second: those that are acknowledged let a living device be heard. */
const BEAT_MS = 100;

describe.skipIf(!HAS_MOSQUITTO).each(["native", "node"])(
  `a subscriber that hangs, with the mover %s${skipNote("mosquitto")}`,
  (mover) => {
    test("is ended although messages flow to it; one that answers stays", async () => {
      const [broker] = await startMosquittos(1);
      const [port] = await freePorts(1);
      const tandem = await startTandem({
        config: [
          `global\n  log stdout format raw local0\n  #tandem mover ${mover}`,
          "listen mqtt\n  mode tcp\n  log global\n  timeout connect 2s\n  timeout client 1m",
          "  timeout server 1m\n  #tandem timeout client mqtt max 2s",
          "  log-format '%ts %[mqtt.client_id] %B'",
          `  bind 127.0.0.1:${port!}\n  server s 127.0.0.1:${broker!.port}\n`,
        ].join("\n"),
      });
      const subscribe = (id: string): Promise<RunningProcess> =>
        startProcess({
          command: "mosquitto_sub",
          args: ["-p", String(port!), "-i", id, "-q", "1", "-t", "news", "-t", "acked"],
          ready: () => broker!.output().includes(`Sending SUBACK to ${id}`),
        });
      const [hanging, living] = await Promise.all([subscribe("hanging"), subscribe("living")]);
      const publisher = await connectDevice(broker!.port, "publisher");
      const beats = setInterval(() => {
        publisher.publish("news", "unacknowledged", { qos: 0 });
        publisher.publish("acked", "acknowledged", { qos: 1 });
      }, BEAT_MS);
      try {
        await waitFor(() => [hanging, living].every((each) => each.stdout().length > 0));
        hanging.kill("SIGSTOP");
        const stoppedMs = performance.now();
        const ended = /^cD hanging (\d+)$/m;
        await waitFor(() => ended.test(tandem.process.stdout()), { what: () => "its end" });
        expect(performance.now() - stoppedMs).toBeGreaterThan(1_000);
        const told = living.stdout().length;
        await waitFor(() => living.stdout().length > told, { what: () => "messages to the other" });
        expect(tandem.process.stdout()).not.toContain("living");
      } finally {
        clearInterval(beats);
      }
    });
  },
);
