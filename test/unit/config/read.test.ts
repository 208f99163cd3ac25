import { describe, expect, test } from "vitest";
import { readConfiguration } from "../../../src/config/read.ts";
import type { Proxy } from "../../../src/config/model/proxy.ts";
import { OPTIONS, alertsOf, readText, renderText } from "./read-text.ts";

function proxyOf(text: string, name: string): Proxy {
  const proxy = readText(text).configuration.proxies.find((found) => found.name === name);
  if (proxy === undefined) throw new Error(`No proxy '${name}'.`);
  return proxy;
}

describe("readConfiguration()", () => {
  test("gives each proxy the defaults read last, and named ones by from", () => {
    const text = `
defaults a
 timeout client 1s
 retries 7
defaults b from a
 timeout client 2s
listen one
 bind :1
listen two from a
 bind :2
`;
    expect(proxyOf(text, "one").timeouts.client).toBe(2_000);
    expect(proxyOf(text, "one").backend?.retries).toBe(7);
    expect(proxyOf(text, "two").timeouts.client).toBe(1_000);
  });

  test("keeps what one side cannot have out of it", () => {
    const text = "defaults\n timeout server 1s\n option abortonclose\nfrontend f\n bind :1\n";
    expect(proxyOf(text, "f").timeouts.server).toBeUndefined();
    expect(proxyOf(text, "f").flags.has("abortonclose")).toBe(false);
  });

  test("gives servers the default-server that stands before them", () => {
    const text = `
backend b
 server a 127.0.0.1:1
 default-server check inter 1s weight 5 send-proxy-v2
 server b 127.0.0.1:2 inter 3s no-send-proxy-v2
`;
    const [a, b] = proxyOf(text, "b").backend?.servers ?? [];
    expect(a?.check).toBeUndefined();
    expect(b?.check?.intervalMs).toBe(3_000);
    expect(b?.weight).toBe(5);
    expect(b?.sendProxy).toBeUndefined();
  });

  test("replaces inherited check rules by the section's own", () => {
    const text = `
defaults
 option tcp-check
 tcp-check connect
backend b
 tcp-check send hello
`;
    const check = proxyOf(text, "b").backend?.check;
    expect(check?.kind === "tcp-check" && check.rules.map((rule) => rule.kind)).toEqual(["send"]);
  });

  test("logs to the targets of the global section, wherever that stands", () => {
    const text = "listen l\n bind :1\n log global\nglobal\n log 127.0.0.1 local0 info\n";
    expect(proxyOf(text, "l").logs.map((log) => log.levelMax)).toEqual(["info"]);
  });

  test("keeps entries pinned unless told otherwise", () => {
    const plain = "backend b\n";
    expect(proxyOf(plain, "b").flags.has("pin-stick-entries")).toBe(true);
    const without = "backend b\n #tandem no option pin-stick-entries\n";
    expect(proxyOf(without, "b").flags.has("pin-stick-entries")).toBe(false);
  });

  test("reads our own directives bare and behind #tandem alike", () => {
    const bare = "global\n table-directory /var/lib/x\n table-save-interval 5s\n";
    const marked = bare.replaceAll(" table", " #tandem table");
    expect(readText(marked).configuration.global.tableDirectory).toBe("/var/lib/x");
    expect(readText(marked).configuration.global.tableSaveIntervalMs).toBe(5_000);
    expect(readText(bare).configuration).toMatchObject({
      global: { tableDirectory: "/var/lib/x", tableSaveIntervalMs: 5_000 },
    });
  });

  test("changes the environment of the lines that follow and returns it", () => {
    const text = `
global
 setenv PORT 1883
 presetenv GREETING other
listen l
 bind ":\${PORT}"
 description "$GREETING"
`;
    expect(proxyOf(text, "l").frontend?.binds[0]?.address).toMatchObject({ port: 1883 });
    expect(proxyOf(text, "l").description).toBe("hello");
    expect(readText(text).environment["PORT"]).toBe("1883");
  });

  test("spreads port ranges and comma lists over listeners", () => {
    const text = "listen l\n bind :1-3,[::1]:9 maxconn 5\n";
    const binds = proxyOf(text, "l").frontend?.binds ?? [];
    expect(binds.map((bind) => bind.address.kind === "ip" && bind.address.port)).toEqual([
      1, 2, 3, 9,
    ]);
    expect(binds.every((bind) => bind.maxconn === 5)).toBe(true);
  });

  test("checks as the traffic goes unless the check has an address of its own", () => {
    const text = `
backend b
 server a 127.0.0.1:1 ssl verify none send-proxy check
 server b 127.0.0.1:1 ssl verify none send-proxy check port 2
`;
    const checks = proxyOf(text, "b").backend?.servers.map((server) => server.check);
    expect(checks?.map((check) => [check?.tls, check?.sendProxy])).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  test("reads several files as one", () => {
    const sources = [
      { name: "a.cfg", text: "defaults\n retries 9\n" },
      { name: "b.cfg", text: "backend b\n bogus\n" },
    ];
    const { configuration, diagnostics } = readConfiguration(sources, OPTIONS);
    expect(configuration.proxies[0]?.backend?.retries).toBe(9);
    expect(diagnostics[0]?.position).toEqual({ file: "b.cfg", line: 2, column: 2 });
  });

  test("refuses a file whose last line has no end", () => {
    expect(alertsOf("frontend f\n bind :1")).toEqual([
      "Missing LF on last line, file might have been truncated at position 9.",
    ]);
  });

  test("does not alert about the use of an ACL that was alerted about itself", () => {
    const text = "frontend f\n bind :1\n acl a nonsense 1\n use_backend b if a\nbackend b\n";
    expect(alertsOf(text)).toHaveLength(1);
  });
});

test("renderDiagnostics() writes lines of HAProxy's shape", () => {
  expect(renderText("listen l\n balanc x\n timeout client 1\n bind :1\n")).toBe(
    "[ALERT]    (1) : config : parsing [t.cfg:2] : unknown keyword 'balanc' in 'listen' section" +
      "; did you mean 'balance' maybe ?\n",
  );
});
