// What the running balancer says of its MQTT checks: in the log, in the statistics, on `check`. The
// password is in none of these.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { findProgram, has, skipNote } from "../support/programs.ts";
import { runTandem, startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const SECRET = "s3cret-of-the-check";

describe.skipIf(!has("mosquitto"))(`a refused MQTT check${skipNote("mosquitto")}`, () => {
  test("takes the server down with the broker's code, and keeps its password", async () => {
    const passwords = path.join(tempDir(), "passwords");
    execFileSync(findProgram("mosquitto_passwd")!, ["-b", "-c", passwords, "lb", "another"]);
    const extraLines = ["allow_anonymous false", `password_file ${passwords}`];
    const [broker] = await startMosquittos(1, { extraLines });
    const [port, statsPort] = await freePorts(2);
    const check = `#tandem option mqtt-check version 5 username lb password "$CHECK_SECRET"`;
    const config = `global
  log stdout format raw local0
defaults
  mode tcp
  log global
  option log-health-checks
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen mqtt
  bind 127.0.0.1:${port}
  ${check}
  server b0 127.0.0.1:${broker!.port} check
listen stats
  mode http
  bind 127.0.0.1:${statsPort}
  stats uri /
`;
    const env = { CHECK_SECRET: SECRET };
    const tandem = await startTandem({ config, env });
    const { process: running } = tandem;
    await waitFor(() => running.stdout().includes("Server mqtt/b0 is DOWN"));
    expect(running.stdout()).toContain(
      'reason: Layer7 wrong status, code: 135, info: "Not authorized"',
    );
    const page = async (form: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${statsPort}/${form}`)).text();
    const [csv, json, html] = await Promise.all([page(";csv"), page(";json"), page("")]);
    const [header, ...rows] = csv.split("\n").map((line) => line.split(","));
    const cells = rows.find(([proxy, server]) => proxy === "mqtt" && server === "b0")!;
    const cell = (name: string): string => cells[header!.indexOf(name)]!;
    expect(cell("check_status")).toMatch(/^(?:\* )?L7STS$/);
    expect(cell("check_code")).toBe("135");
    expect(cell("last_chk")).toBe("Not authorized");
    const file = path.join(tempDir(), "haproxy.cfg");
    writeFileSync(file, config.replace('"$CHECK_SECRET"', SECRET));
    const checked = await runTandem(["check", "-f", file]);
    expect(checked.stdout).toContain("mqtt-check");
    const told = [running.output(), csv, json, html, checked.stdout, checked.stderr];
    for (const text of told) expect(text).not.toContain(SECRET);
  });
});
