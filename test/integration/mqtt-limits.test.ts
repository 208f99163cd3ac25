// `mqtt-limit` as devices see it, and what everybody is told of those it keeps out.
import { beforeAll, describe, expect, test } from "vitest";
import { startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { runTandem, startTandem, type Tandem } from "../support/tandem.ts";
import { connectDevice, refusalOf, VERSIONS } from "./mqtt-devices.ts";
import { waitFor } from "../support/wait-for.ts";

/** Listeners by name, each with its limit. */
const LIMITS = {
  size: "connect-size 100",
  alive: "keepalive min 10s max 1h",
  named: "client-id ^meter-",
  rated: "rate 1/h burst 1 by client-id",
  banned: "rate 1/h burst 1 by client-id ban 1h",
  source: `rate 1/h burst ${VERSIONS.length} by src`,
  listener: `rate 1/h burst ${VERSIONS.length} by listener`,
} as const;

type Name = keyof typeof LIMITS;

const NAMES = Object.keys(LIMITS) as readonly Name[];

describe.skipIf(!has("mosquitto"))(`mqtt-limit${skipNote("mosquitto")}`, () => {
  let port: Readonly<Record<Name, number>>;
  let statsPort: number;
  let tandem: Tandem;

  beforeAll(async () => {
    const [broker] = await startMosquittos(1);
    const numbers = await freePorts(NAMES.length + 1);
    port = Object.fromEntries(NAMES.map((name, index) => [name, numbers[index]!])) as typeof port;
    statsPort = numbers.at(-1)!;
    const listeners = NAMES.map(
      (name) => `
listen ${name}
  bind 127.0.0.1:${port[name]}
  mqtt-limit ${LIMITS[name]}
  server b 127.0.0.1:${broker!.port}
`,
    );
    tandem = await startTandem({
      config: `
defaults
  mode tcp
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  option mqtt-refuse
${listeners.join("")}
frontend stats
  mode http
  bind 127.0.0.1:${statsPort}
  http-request use-service prometheus-exporter if { path /metrics }
  stats enable
  stats uri /
`,
    });
  });

  test.each(VERSIONS)("MQTT %s learns what is wrong with its CONNECT", async (version, options) => {
    const is5 = version === "5";
    const fit = { ...options, clientId: `meter-${version}` };
    const unfit = { ...options, clientId: `pump-${version}` };
    expect(await refusalOf(port.size, fit)).toBe("0");
    const large = await refusalOf(port.size, { ...fit, username: "x".repeat(100) });
    expect(large).toMatch(is5 ? /^149 / : /^5$/);
    expect(await refusalOf(port.alive, { ...fit, keepalive: 60 })).toBe("0");
    for (const keepalive of [0, 9, 3_601]) {
      const answer = await refusalOf(port.alive, { ...fit, keepalive });
      expect(answer, `keep alive ${keepalive}`).toMatch(is5 ? /^131 / : /^5$/);
    }
    expect(await refusalOf(port.named, fit)).toBe("0");
    expect(await refusalOf(port.named, unfit)).toMatch(is5 ? /^133 / : /^2$/);
  });

  test.each(VERSIONS)("MQTT %s learns that it comes too often", async (version, options) => {
    const is5 = version === "5";
    const own = { ...options, clientId: `often-${version}` };
    const other = { ...options, clientId: `seldom-${version}` };
    for (const name of ["rated", "banned"] as const) {
      await connectDevice(port[name], own.clientId, options);
      expect(await refusalOf(port[name], own)).toMatch(
        name === "rated" ? (is5 ? /^159 / : /^3$/) : is5 ? /^138 / : /^5$/,
      );
      expect(await refusalOf(port[name], other)).toBe("0");
    }
    expect(await refusalOf(port.banned, own)).toMatch(is5 ? /^138 / : /^5$/);
  });

  test("addresses and listeners have so many connections, whoever it is", async () => {
    for (const name of ["source", "listener"] as const) {
      for (const [, options] of VERSIONS) expect(await refusalOf(port[name], options)).toBe("0");
      for (const [version, options] of VERSIONS) {
        expect(await refusalOf(port[name], options)).toMatch(version === "5" ? /^159 / : /^3$/);
      }
    }
  });

  test("each is counted by its reason, in metrics, statistics, status and as one event", async () => {
    const expected = {
      "size connect-size": 3,
      "alive keepalive": 9,
      "named client-id": 3,
      "rated client-rate": 3,
      "banned client-rate": 3,
      "banned ban": 3,
      "source source-rate": 3,
      "listener listener-rate": 3,
    };
    const page = (path: string): Promise<string> =>
      fetch(`http://127.0.0.1:${statsPort}${path}`).then((answer) => answer.text());
    const inMetrics = [
      ...(await page("/metrics")).matchAll(
        /^tandem_mqtt_refused_total\{proxy="(\w+)",reason="([\w-]+)"\} (\d+)$/gm,
      ),
    ].map(([, proxy, reason, count]) => [`${proxy!} ${reason!}`, Number(count)] as const);
    expect(Object.fromEntries(inMetrics)).toEqual(expected);

    const [head, ...rows] = (await page("/;csv")).split("\n").map((line) => line.split(","));
    const inTable = Object.keys(expected).map((each) => {
      const [proxy, reason] = each.split(" ") as [string, string];
      const row = rows.find((cells) => cells[0] === proxy && cells[1] === "FRONTEND")!;
      const column = head!.indexOf(`mqtt_refused_${reason.replaceAll("-", "_")}`);
      return [each, Number(row[column])] as const;
    });
    expect(Object.fromEntries(inTable)).toEqual(expected);

    const status = await runTandem(["status", "--json", "--control", tandem.controlPath]);
    const { balancer } = JSON.parse(status.stdout) as {
      balancer: { refused: { frontend: string; reason: string; count: number }[] };
    };
    const inStatus = balancer.refused.map(
      ({ frontend, reason, count }) => [`${frontend} ${reason}`, count] as const,
    );
    expect(Object.fromEntries(inStatus)).toEqual(expected);

    // Counters are looked at once a second; one more event than expected would stand with the last of them.
    const told = async (): Promise<string[]> => {
      const events = await runTandem(["events", "--json", "--control", tandem.controlPath]);
      return events.stdout.split("\n").filter((line) => line.includes('"frontend.refusing"'));
    };
    const count = Object.keys(expected).length;
    await waitFor(async () => (await told()).length >= count, { what: `${count} events` });
    expect(await told()).toHaveLength(count);
  });
});
