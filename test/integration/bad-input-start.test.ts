// Files, names and ports that are not there: at start each ends in one clear message and exit code
// 1, at a reload in a refusal that leaves everything as it is.
import { once } from "node:events";
import net from "node:net";
import { describe, expect, test } from "vitest";
import { makeAuthority } from "../support/certificates.ts";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { runTandem, startTandem } from "../support/tandem.ts";
import { tempFile } from "../support/temp.ts";
import { canConnect } from "../support/wait-for.ts";
import { connect, exchange, listen, portOf, startEchoServer } from "./bad-input-harness.ts";

interface Ports {
  readonly front: number;
  readonly server: number;
}

const DEFAULTS = `
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
`;

function plain({ front, server }: Ports): string {
  return `${DEFAULTS}
listen a
  bind 127.0.0.1:${front}
  server s1 127.0.0.1:${server}
`;
}

/** What can be wrong, and what is said about it. */
const FAULTS: readonly {
  readonly name: string;
  readonly config: (ports: Ports) => string | Promise<string>;
  readonly message: readonly RegExp[];
}[] = [
  {
    name: "a missing certificate",
    config: (ports) =>
      `${plain(ports)}listen tls
  bind 127.0.0.1:0 ssl crt /nowhere/broker.pem
  server s1 127.0.0.1:${ports.server}
`,
    message: [/\[ALERT\].*'bind 127\.0\.0\.1:0'.*\/nowhere\/broker\.pem/, /No such file/i],
  },
  {
    name: "a certificate without its key",
    config(ports) {
      const certFile = tempFile("broker.pem", makeAuthority().issue(["broker"]).cert);
      return `${plain(ports)}listen tls
  bind 127.0.0.1:0 ssl crt ${certFile}
  server s1 127.0.0.1:${ports.server}
`;
    },
    message: [/\[ALERT\].*private key/i],
  },
  {
    name: "an unresolvable name",
    config: (ports) =>
      `${plain(ports)}listen named
  bind 127.0.0.1:0
  server s1 no-such-broker.invalid:1883
`,
    message: [
      /\[ALERT\].*'server named\/s1' : could not resolve address 'no-such-broker\.invalid'/,
      /init-addr last,libc,none/,
    ],
  },
  {
    name: "a port in use",
    async config(ports) {
      const taken = portOf(await listen(() => undefined));
      return `${plain(ports)}listen taken
  bind 127.0.0.1:${taken}
  server s1 127.0.0.1:${ports.server}
`;
    },
    message: [
      /\[ALERT\].*Starting proxy taken: cannot bind socket \(.*\) \[127\.0\.0\.1:\d+\]/,
      /another process listens on 127\.0\.0\.1:\d+.*ss -ltnp/,
    ],
  },
  {
    name: "an address of another machine",
    config: (ports) =>
      `${plain(ports)}listen away
  bind 192.0.2.1:1883
  server s1 127.0.0.1:${ports.server}
`,
    message: [/\[ALERT\].*Starting proxy away: cannot bind socket/, /ip_nonlocal_bind/],
  },
];

describe.skipIf(!has("openssl"))(`at start${skipNote("openssl")}`, () => {
  test.each(FAULTS)("$name ends in a message with a hint and exit code 1", async (fault) => {
    const front = await freePort();
    const file = tempFile("haproxy.cfg", await fault.config({ front, server: 1 }));
    const { code, stderr, stdout } = await runTandem(["balancer", "-f", file]);
    expect(code).toBe(1);
    for (const pattern of fault.message) expect(stderr).toMatch(pattern);
    expect(stderr).not.toMatch(/^ {4}at |"msg":"ready"/m);
    expect(stdout).toBe("");
    expect(await canConnect(front)).toBe(false);
  });
});

describe.skipIf(!has("openssl"))(`at a reload${skipNote("openssl")}`, () => {
  test.each(FAULTS)("$name changes nothing and is refused with the same message", async (fault) => {
    const echo = await startEchoServer();
    const ports = { front: await freePort(), server: echo.port };
    const tandem = await startTandem({ config: plain(ports) });
    const client = await connect(ports.front);
    tandem.rewrite(await fault.config(ports));
    const { code, stdout, stderr } = await tandem.reload();
    expect(code).toBe(1);
    for (const pattern of fault.message) expect(stdout + stderr).toMatch(pattern);
    // Who was connected still is, and others get in.
    client.write("still here");
    expect(String((await once(client, "data"))[0])).toBe("still here");
    expect(await exchange(ports.front)).toBeGreaterThan(0);
    tandem.rewrite(plain(ports));
    expect((await tandem.reload()).code).toBe(0);
  });
});

test("a name that cannot be resolved may be waited for by `init-addr none`", async () => {
  const front = await freePort();
  await startTandem({
    config: `${DEFAULTS}
listen named
  bind 127.0.0.1:${front}
  server s1 no-such-broker.invalid:1883 init-addr last,libc,none
`,
  });
  const client = net.connect(front, "127.0.0.1").resume();
  await once(client, "close");
});

test("several faults are all told at once", async () => {
  const taken = portOf(await listen(() => undefined));
  const file = tempFile(
    "haproxy.cfg",
    `${DEFAULTS}
listen one
  bind 127.0.0.1:0 ssl crt /nowhere/one.pem
  server s1 no-such-broker.invalid:1883
listen two
  bind 127.0.0.1:${taken} ssl crt /nowhere/two.pem
  bogus
`,
  );
  const { code, stderr } = await runTandem(["balancer", "-f", file]);
  expect(code).toBe(1);
  for (const part of ["one.pem", "two.pem", "no-such-broker.invalid", "'bogus'"]) {
    expect(stderr).toContain(part);
  }
});
