// One process takes the place of another on the same machine, and gets its tables: HAProxy's place is
// taken by Tandem, and Tandem's by HAProxy.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runtimeCommand } from "../support/haproxy.ts";
import { startMosquittos, type Broker } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { has } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { canConnect, waitFor } from "../support/wait-for.ts";
import { deviceIds } from "../integration/mqtt-devices.ts";
import { nodeConfig, type PairPorts, placeDevices } from "../integration/peers-harness.ts";

const PROGRAMS = { haproxy: "haproxy", tandem: path.join(REPOSITORY_DIR, "bin", "haproxy") };
const missing = ["haproxy", "mosquitto"].find((program) => !has(program));

describe.skipIf(missing !== undefined)(
  `a process that takes over${missing === undefined ? "" : ` (skipped: needs ${missing})`}`,
  () => {
    let brokers: Broker[] = [];
    beforeAll(async () => {
      brokers = await startMosquittos(3);
    });

    async function start(
      kind: keyof typeof PROGRAMS,
      file: string,
      port: number,
      old?: RunningProcess,
    ): Promise<RunningProcess> {
      return startProcess({
        command: PROGRAMS[kind],
        args: ["-db", "-f", file, ...(old === undefined ? [] : ["-sf", String(old.pid)])],
        ready:
          kind === "tandem"
            ? (child) => child.stderr().includes('"outcome":')
            : () => canConnect(port),
      });
    }

    test.each([
      ["haproxy", "tandem"],
      ["tandem", "haproxy"],
      ["tandem", "tandem"],
    ] as const)("%s, then %s", async (former, next) => {
      const [client, own, absent] = await freePorts(3);
      const ports: PairPorts = {
        clients: { lb1: client! },
        peers: { lb1: own!, lb2: absent! },
      };
      const dir = tempDir();
      const file = path.join(dir, "haproxy.cfg");
      const socket = path.join(dir, "stats.sock");
      const global = former === "haproxy" ? [`stats socket ${socket}`] : [];
      writeFileSync(file, nodeConfig("lb1", ports, brokers, { global }));
      const old = await start(former, file, client!);
      // HAProxy hands its tables over once it has given up looking for others.
      const hasLearned = async (): Promise<boolean> =>
        /^\S+ .*flags=0x[0-9a-f]*3 /m.test(
          await runtimeCommand(socket, "show peers").catch(() => ""),
        );
      if (former === "haproxy") await waitFor(hasLearned);
      const ids = deviceIds(`${former}-${next}`, 7);
      const placed = await placeDevices(client!, ids, brokers);
      await start(next, file, client!, old);
      expect(await old.exited).toMatchObject({ code: 0 });
      await placeDevices(client!, [`turn-${former}-${next}`], brokers);
      expect(await placeDevices(client!, ids, brokers)).toEqual(placed);
    });
  },
);
