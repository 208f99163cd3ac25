// tandem sessions, table, drain, maint and ready beside a real balancer and a real broker.
import { describe, expect, test } from "vitest";
import { startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { findProgram } from "../support/programs.ts";
import { runTandem, startTandem, type Tandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { connectDevice } from "./mqtt-devices.ts";

async function start(): Promise<{
  readonly port: number;
  readonly tandem: Tandem;
  readonly run: (...words: string[]) => ReturnType<typeof runTandem>;
}> {
  const [broker] = await startMosquittos(1);
  const [port, other] = await freePorts(2);
  const tandem = await startTandem({
    config: `defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m
listen mqtt
  bind 127.0.0.1:${port}
  tcp-request inspect-delay 5s
  stick-table type string len 32 size 1k expire 1h
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  server broker1 127.0.0.1:${broker!.port}
  server broker2 127.0.0.1:${other} backup
`,
  });
  const run = (...words: string[]): ReturnType<typeof runTandem> =>
    runTandem([...words, "--control", tandem.controlPath]);
  return { port: port!, tandem, run };
}

describe.skipIf(findProgram("mosquitto") === undefined)("commands of an operator", () => {
  test("sessions: listed in 80 columns with hostile names escaped, found, ended", async () => {
    const { port, run } = await start();
    await connectDevice(port, "pump-1", { username: "anna" });
    await connectDevice(port, "evil\u202e");
    const all = await run("sessions");
    expect(all).toMatchObject({ code: 0, stderr: "" });
    const lines = all.stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^client id +user +address +server +age +idle +bytes$/);
    expect(lines[1]).toMatch(/^pump-1 +anna +127\.0\.0\.1:\d+ +mqtt\/broker1 .* B$/);
    expect(lines[2]).toContain("evil\\u{202e}");
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    const json = await run("sessions", "pump-*", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      sessionCount: 2,
      matchCount: 1,
      sessions: [{ clientId: "pump-1", username: "anna" }],
    });
    expect(await run("sessions", "nobody")).toMatchObject({
      code: 1,
      stdout: "none of 2 sessions matches\n",
    });
    expect(await run("sessions", "pump-1", "--shutdown")).toMatchObject({
      code: 1,
      stderr: "tandem: End 1 session? Nobody can be asked here: give --yes\n",
    });
    expect(await run("sessions", "pump-1", "--shutdown", "--yes")).toMatchObject({
      code: 0,
      stdout: "Ended 1 session\n",
    });
    expect((await run("sessions", "pump-1")).code).toBe(1);
  });

  test("table: all, one entry, and cleared", async () => {
    const { port, run } = await start();
    await connectDevice(port, "pump-1");
    await connectDevice(port, "pump-2");
    expect((await run("table")).stdout).toBe(
      "table  type    entries   size  full  expire  shared by peers\n" +
        "mqtt   string        2  1,024   0 %     1 h  -\n",
    );
    const one = await run("table", "mqtt", "pump-2");
    expect(one.code).toBe(0);
    expect(one.stdout).toMatch(/^pump-2 {2}broker1 +0 +(1 h|59 min \d+ s)/m);
    expect(await run("table", "mqt")).toMatchObject({
      code: 1,
      stderr: 'tandem: no table is named "mqt": did you mean "mqtt"?\n',
    });
    expect((await run("table", "mqtt", "x")).code).toBe(1);
    expect(await run("table", "mqtt", "pump-*", "--clear", "--yes")).toMatchObject({
      code: 0,
      stdout: "Removed 2 entries\n",
    });
  });

  test("drain --wait ends with the last session; names are helped with", async () => {
    const { port, run, tandem } = await start();
    const device = await connectDevice(port, "pump-1");
    expect(await run("drain", "broker1")).toMatchObject({
      code: 1,
      stderr: 'tandem: found "broker1", expected backend/server: did you mean "mqtt/broker1"?\n',
    });
    expect(await run("drain", "mqtt/x*")).toMatchObject({
      code: 1,
      stderr: 'tandem: no server matches "mqtt/x*": there are mqtt/broker1, mqtt/broker2\n',
    });
    const timed = await run("drain", "mqtt/broker1", "--wait", "--timeout", "0.1");
    expect(timed).toMatchObject({ code: 1, stdout: "mqtt/broker1: drain, 1 session\n" });
    expect(timed.stderr).toContain("1 session left after 0.1 s");
    const waiting = run("drain", "mqtt/broker*", "--wait");
    await device.endAsync();
    expect(await waiting).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^mqtt\/broker1: drain already, .*\nmqtt\/broker2: drain, no session\n$/,
      ) as string,
      stderr: expect.stringMatching(/no session is left\n$/) as string,
    });
    expect((await run("ready", "mqtt/*", "--json")).stdout).toMatch(/"state":"ready"/);
    await tandem.stop();
    expect(await run("ready", "mqtt/broker1")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^tandem: no balancer answers at ".*": there is no such socket\. Start the node, or/,
      ) as string,
    });
  });

  test.each(["sessions", "table"])("%s says where nobody answered", async (command) => {
    const dir = tempDir();
    expect(await runTandem([command, "--control-dir", dir])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`no balancer answers at "${dir}/balancer.sock"`) as string,
    });
  });
});
