// TLS of the running balancer: towards clients, towards servers, and passed through.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority, type TestAuthority } from "../support/certificates.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { DEFAULTS, greeting, openClient, openTlsClient, startServer } from "./features-harness.ts";

const NAMES = [
  ...["files", "folder", "strict", "required", "optional", "newest", "alpn", "facts"],
  ...["verified", "verifyhost", "wrongname", "wrongca", "through"],
] as const;

type Name = (typeof NAMES)[number];

/** The common name of the certificate that is shown for a server name. */
async function shown(port: number, servername?: string): Promise<string> {
  const client = openTlsClient(port, servername === undefined ? {} : { servername });
  const { socket } = client;
  await Promise.race([
    new Promise((resolve) => socket.once("secureConnect", resolve)),
    client.ended,
  ]);
  if (socket.destroyed) return `closed: ${await client.ended}`;
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

describe.skipIf(!has("openssl"))(`TLS${skipNote("openssl")}`, () => {
  let authority: TestAuthority;
  let foreign: TestAuthority;
  let tandem: Tandem;
  let port: Readonly<Record<Name, number>>;

  beforeAll(async () => {
    authority = makeAuthority();
    foreign = makeAuthority("Foreign");
    const [a, b, wild] = ["a.example", "b.example", "*.c.example"].map((n) => authority.issue([n]));
    const folder = path.join(tempDir(), "certs");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "1.pem"), b!.cert + b!.key);
    writeFileSync(path.join(folder, "2.pem"), wild!.cert + wild!.key);
    const own = authority.issue(["broker.example"]);
    const plain = await startServer({ greeting: "plain" });
    const secure = await startServer({ greeting: "secure", tls: { cert: own.cert, key: own.key } });
    const passed = await startServer({ greeting: "passed", tls: { cert: a!.cert, key: a!.key } });
    const numbers = await freePorts(NAMES.length);
    port = Object.fromEntries(NAMES.map((name, i) => [name, numbers[i]!])) as typeof port;
    const ca = authority.certFile;
    const listen = (name: Name, bindWords: string, ...lines: string[]): string =>
      [`listen ${name}`, `bind 127.0.0.1:${port[name]} ${bindWords}`, ...lines].join("\n  ") + "\n";
    const toPlain = `server s 127.0.0.1:${plain.port}`;
    const toSecure = `server s 127.0.0.1:${secure.port} ssl verify required`;
    const config = [
      DEFAULTS,
      listen("files", `ssl crt ${a!.pemFile} crt ${b!.pemFile}`, toPlain),
      listen("folder", `ssl crt ${folder}`, toPlain),
      listen("strict", `ssl crt ${folder} strict-sni`, toPlain),
      listen(
        "required",
        `ssl crt ${a!.pemFile} ca-file ${ca} verify required`,
        "tcp-request content reject unless { ssl_c_s_dn(cn) -m beg device- }",
        "log stdout format raw local0",
        'log-format "dn=%[ssl_c_s_dn(cn)] used=%[ssl_c_used] from=%ci by=%sslv"',
        toPlain,
      ),
      listen(
        "optional",
        `ssl crt ${a!.pemFile} ca-file ${ca} verify optional`,
        "use-server known if { ssl_c_used 1 }",
        `server stranger 127.0.0.1:${plain.port}`,
        `server known 127.0.0.1:${secure.port} ssl verify none weight 0`,
      ),
      listen("newest", `ssl crt ${a!.pemFile} ssl-min-ver TLSv1.3`, toPlain),
      listen(
        "alpn",
        `ssl crt ${a!.pemFile} alpn mqtt,http/1.1`,
        "tcp-request content reject if { ssl_fc_alpn http/1.1 }",
        toPlain,
      ),
      listen(
        "facts",
        `ssl crt ${a!.pemFile}`,
        "use-server resumed if { ssl_fc_is_resumed }",
        `server full 127.0.0.1:${plain.port}`,
        `server resumed 127.0.0.1:${secure.port} ssl verify none weight 0`,
      ),
      listen("verified", "", `${toSecure} ca-file ${ca} sni str(broker.example)`),
      listen("verifyhost", "", `${toSecure} ca-file ${ca} verifyhost broker.example`),
      listen("wrongname", "", `${toSecure} ca-file ${ca} verifyhost other.example`),
      listen("wrongca", "", `${toSecure} ca-file ${foreign.certFile} sni str(broker.example)`),
      listen(
        "through",
        "",
        "tcp-request inspect-delay 5s",
        "tcp-request content reject unless { req.ssl_hello_type 1 }",
        "use-server passed if { req.ssl_sni -i a.example }",
        `server other 127.0.0.1:${secure.port}`,
        `server passed 127.0.0.1:${passed.port} weight 0`,
      ),
    ].join("\n");
    tandem = await startTandem({ config });
  });

  test("crt: several files answer for their names, the first for all others", async () => {
    expect(await shown(port.files, "b.example")).toBe("b.example");
    expect(await shown(port.files, "a.example")).toBe("a.example");
    expect(await shown(port.files, "x.example")).toBe("a.example");
    expect(await shown(port.files)).toBe("a.example");
  });

  test("crt: a folder answers for its names and wildcards", async () => {
    expect(await shown(port.folder, "any.c.example")).toBe("*.c.example");
    expect(await shown(port.folder, "any.thing.c.example")).toBe("b.example");
  });

  test("strict-sni refuses unknown names and clients without one", async () => {
    expect(await shown(port.strict, "any.c.example")).toBe("*.c.example");
    expect(await shown(port.strict, "x.example")).toMatch(/^closed: .*(SSL|RESET)/);
    expect(await greeting(openTlsClient(port.strict))).toMatch(/^closed/);
  });

  test("verify required lets certificates of the authority in, and rules and logs see whose", async () => {
    const device = authority.issue(["device-7"], { subject: "/O=Acme/CN=device-7" });
    const other = authority.issue(["laptop"]);
    const stranger = foreign.issue(["device-8"]);
    const come = (shownAs?: { cert: string; key: string }): Promise<string> =>
      greeting(openTlsClient(port.required, { ...shownAs }));
    expect(await come(device)).toBe("plain");
    expect(await come(other)).toMatch(/^closed/);
    expect(await come(stranger)).toMatch(/^closed/);
    expect(await come()).toMatch(/^closed/);
    await tandem.process.waitForOutput(/^dn=device-7 used=1 from=127\.0\.0\.1 by=TLSv1\.3$/m);
    await tandem.process.waitForOutput(/^dn=laptop used=1 /m);
  });

  test("verify optional tells rules whether a certificate was shown, and refuses foreign ones", async () => {
    const device = authority.issue(["device-7"]);
    expect(await greeting(openTlsClient(port.optional))).toBe("plain");
    expect(await greeting(openTlsClient(port.optional, device))).toBe("secure");
    const stranger = foreign.issue(["device-8"]);
    expect(await greeting(openTlsClient(port.optional, stranger))).toMatch(/^closed/);
  });

  test("ssl-min-ver refuses older clients", async () => {
    expect(await greeting(openTlsClient(port.newest))).toBe("plain");
    const old = openTlsClient(port.newest, { maxVersion: "TLSv1.2" });
    expect(await greeting(old)).toMatch(/^closed: .*(SSL|RESET)/);
  });

  test("alpn is agreed upon and seen by rules", async () => {
    const mqtt = openTlsClient(port.alpn, { ALPNProtocols: ["mqtt"] });
    expect(await greeting(mqtt)).toBe("plain");
    expect(mqtt.socket.alpnProtocol).toBe("mqtt");
    const web = openTlsClient(port.alpn, { ALPNProtocols: ["http/1.1"] });
    expect(await greeting(web)).toMatch(/^closed/);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("a session is resumed with %s", async (version) => {
    const first = openTlsClient(port.facts, { maxVersion: version });
    const session = new Promise<Buffer>((resolve) => first.socket.once("session", resolve));
    await first.gets("plain");
    const options = { maxVersion: version, session: await session };
    first.socket.destroy();
    expect(await greeting(openTlsClient(port.facts, options))).toBe("secure");
  });

  test("ssl on a server verifies its certificate's authority and name", async () => {
    expect(await greeting(openClient(port.verified))).toBe("secure");
    expect(await greeting(openClient(port.verifyhost))).toBe("secure");
    expect(await greeting(openClient(port.wrongname))).toMatch(/^closed/);
    expect(await greeting(openClient(port.wrongca))).toMatch(/^closed/);
  });

  test("TLS that is passed through is routed by its server name", async () => {
    const a = openTlsClient(port.through, { servername: "a.example" });
    expect(await a.gets("passed")).toBe("passed");
    const { subject } = a.socket.getPeerCertificate();
    expect(subject.CN).toBe("a.example");
    expect(await greeting(openTlsClient(port.through, { servername: "z.example" }))).toBe("secure");
  });
});
