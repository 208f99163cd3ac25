// The files that users have are checked as they are.
import { describe, expect, test } from "vitest";
import { makeAuthority } from "../support/certificates.ts";
import { has, skipNote } from "../support/programs.ts";
import { runTandem } from "../support/tandem.ts";
import { tempFile } from "../support/temp.ts";
import { usersConfig, usersFile } from "./users-config.ts";

const CERTIFICATE_PATH = "/etc/haproxy/certs/server.pem";

describe("tandem check", () => {
  test.each([
    ["01-leastconn-stats.cfg", ["Write 'bind :1936'"]],
    [
      "02-production-global.cfg",
      ["nbproc is not supported", "Write 'stats realm Haproxy\\ Manager'"],
    ],
    ["03-development.cfg", []],
    ["07-tcp-services.cfg", []],
    ["10-pair-node1-haproxy.cfg", []],
  ])("accepts %s as it is", async (name, hints) => {
    const { code, stdout, stderr } = await runTandem(["check", "-f", usersFile(name)]);
    expect(code).toBe(0);
    expect(stderr).not.toContain("[ALERT]");
    for (const hint of hints) expect(stderr).toContain(hint);
    expect(stdout).toMatch(/Configuration file is valid\n$/);
  });

  test.skipIf(!has("openssl")).each([
    ["04-emqx-sticky.cfg", []],
    ["05-emqx-tls.cfg", [CERTIFICATE_PATH]],
    ["06-emqx-websocket.cfg", [CERTIFICATE_PATH]],
  ])(`accepts %s with names that resolve${skipNote("openssl")}`, async (name, certificates) => {
    const { pemFile } = makeAuthority().issue(["localhost"]);
    const config = usersConfig(name, [
      ...[1, 2, 3].map((index) => [`emqx${index}-cluster.emqx.io`, "localhost"] as const),
      ...certificates.map((file) => [file, pemFile] as const),
    ]);
    const { code, stdout } = await runTandem(["check", "-f", tempFile(name, config)]);
    expect(stdout).toMatch(/Configuration file is valid\n$/);
    expect(code).toBe(0);
  });

  test("refuses 08-http-web.cfg with one message for each thing that is not served", async () => {
    const name = "08-http-web.cfg";
    const { code, stdout, stderr } = await runTandem(["check", "-f", usersFile(name)]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const alerts = stderr.split("\n").filter((line) => line.includes("[ALERT]"));
    const found = alerts.map((line) => Number(/08-http-web\.cfg:(\d+)\]/.exec(line)?.[1]));
    const expected: readonly (readonly [lineNumber: number, message: string])[] = [
      [19, "'option forwardfor' is not served by Tandem: it needs HTTP."],
      [26, "frontend 'http_front' : 'mode http' is served for statistics pages only."],
      [28, "fetch method 'hdr' is not served here (TCP and MQTT only)"],
      [29, "fetch method 'hdr' is not served here (TCP and MQTT only)"],
      [38, "backend 'http_back' : 'mode http' is served for statistics pages only."],
      [43, "backend 'webserver' : 'mode http' is served for statistics pages only."],
      [46, "'cookie' is not served by Tandem: it needs HTTP."],
      [50, "backend 'imgserver' : 'mode http' is served for statistics pages only."],
    ];
    expect(found.toSorted((a, b) => a - b)).toEqual(expected.map(([lineNumber]) => lineNumber));
    for (const [lineNumber, message] of expected) {
      expect(alerts.find((line) => line.includes(`:${lineNumber}]`))).toContain(message);
    }
  });
});
