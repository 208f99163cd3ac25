// TLS ended and spoken by the movers.
import tls from "node:tls";
import { describe, expect, test } from "vitest";
import type { TlsContext } from "../../src/session/mover.ts";
import { decodeProxyHeader } from "../../src/session/proxy-protocol/decode.ts";
import { makeAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { has, skipNote } from "../support/programs.ts";
import {
  ending,
  Harness,
  listenBackend,
  MOVERS,
  NO_KEEPALIVE,
  readBytes,
} from "./mover-harness.ts";
import { bindTls, serverTls } from "./tls-settings.ts";

async function secured(
  harness: Harness,
  context: TlsContext,
  options: tls.ConnectionOptions = {},
): Promise<{ client: tls.TLSSocket; id: number }> {
  const { port } = await harness.listen();
  harness.onEvent = (event) => {
    if (event.kind === "accepted") harness.mover.secure(event.connection, context);
  };
  const client = tls.connect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ...options,
  });
  client.on("error", () => undefined);
  endLater(() => void client.destroy());
  const { connection } = await harness.next("accepted");
  return { client, id: connection };
}

describe.skipIf(!has("openssl")).each(MOVERS)(`$name: TLS${skipNote("openssl")}`, (factory) => {
  test("secure() ends TLS and relays what is inside", async () => {
    const authority = makeAuthority();
    const { context } = bindTls({
      crt: [authority.issue(["mqtt.example"]).pemFile],
      alpn: ["mqtt"],
    });
    const harness = new Harness(factory);
    const { client, id } = await secured(harness, context!, {
      servername: "mqtt.example",
      ALPNProtocols: ["mqtt"],
    });
    const { tls: facts } = await harness.next("secured");
    expect(facts).toMatchObject({
      protocol: "TLSv1.3",
      cipher: "TLS_AES_256_GCM_SHA384",
      serverName: "mqtt.example",
      alpn: "mqtt",
      resumed: false,
      verifyResult: 0,
      own: { keyAlgorithm: "EC256", signatureAlgorithm: "ecdsa-with-SHA256" },
    });
    client.write("CONNECT");
    harness.mover.inspect(id, 1000);
    expect((await harness.next("bytes")).bytes.toString()).toBe("CONNECT");
    const backend = await listenBackend();
    const serverId = await harness.connect(backend.port);
    harness.mover.relay(id, serverId, {});
    const server = await backend.nextConnection();
    expect((await readBytes(server, 7)).toString()).toBe("CONNECT");
    const block = Buffer.alloc(3 * 1024 * 1024, "x");
    server.end(block);
    expect((await readBytes(client, block.length)).equals(block)).toBe(true);
    expect(await ending(client)).toBe("end");
    client.end();
    expect((await harness.next("relay-ended")).end).toBe("server-closed");
  });

  test("secure() takes a PROXY header and the handshake out of one segment", async () => {
    const authority = makeAuthority();
    const { context } = bindTls({ crt: [authority.issue(["mqtt.example"]).pemFile] });
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const hello = await clientHello();
    const { client, id } = await harness.accept(port);
    harness.mover.inspect(id, 1000);
    client.write(Buffer.concat([Buffer.from("PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\n"), hello]));
    const { bytes } = await harness.next("bytes", (event) => event.bytes.length > 100);
    const decoded = decodeProxyHeader(bytes);
    if (decoded.kind !== "message") throw new Error(`Decoded as ${decoded.kind}`);
    harness.mover.consume(id, decoded.byteCount);
    harness.mover.secure(id, context!);
    // A ServerHello is a handshake record.
    expect((await readBytes(client, 5))[0]).toBe(22);
  });

  test("secure() chooses certificates by name: exact, wildcard, default", async () => {
    const authority = makeAuthority();
    const crt = [["a.example"], ["*.b.example"]].map((names) => authority.issue(names).pemFile);
    const { context } = bindTls({ crt });
    for (const [name, expected] of [
      ["A.example", "a.example"],
      ["x.b.example", "*.b.example"],
      ["x.y.b.example", "a.example"],
      ["unknown.example", "a.example"],
    ] as const) {
      const harness = new Harness(factory);
      const { client } = await secured(harness, context!, { servername: name });
      await harness.next("secured");
      expect(client.getPeerCertificate().subject.CN, name).toBe(expected);
    }
  });

  test("secure() refuses unknown names with strict-sni", async () => {
    const authority = makeAuthority();
    const { context } = bindTls({ crt: [authority.issue(["a.example"]).pemFile], strictSni: true });
    const harness = new Harness(factory);
    const { id } = await secured(harness, context!, { servername: "other.example" });
    expect(await harness.next("closed")).toMatchObject({ connection: id, phase: "tls" });
  });

  test("secure() resumes sessions", async () => {
    const authority = makeAuthority();
    const { context } = bindTls({ crt: [authority.issue(["a.example"]).pemFile] });
    const harness = new Harness(factory);
    const { client, id } = await secured(harness, context!);
    const session = new Promise<Buffer>((resolve) => client.once("session", resolve));
    await harness.next("secured");
    harness.mover.send(id, Buffer.from("x"));
    client.resume();
    const second = await secured(harness, context!, { session: await session });
    const event = await harness.next("secured", ({ connection }) => connection === second.id);
    expect(event.tls.resumed).toBe(true);
  });

  test("secure() tells what a client's certificate says", async () => {
    const authority = makeAuthority();
    const device = authority.issue(["device-1"], { subject: "/C=DE/O=Acme/CN=device-1" });
    const { context } = bindTls({
      crt: [authority.issue(["a.example"]).pemFile],
      caFile: authority.certFile,
      verify: "required",
    });
    const harness = new Harness(factory);
    await secured(harness, context!, { cert: device.cert, key: device.key });
    const { tls: facts } = await harness.next("secured");
    expect(facts.verifyResult).toBe(0);
    expect(facts.peer).toMatchObject({
      commonName: "device-1",
      subject: "/C=DE/O=Acme/CN=device-1",
      issuer: "/CN=Test authority",
      keyAlgorithm: "EC256",
      signatureAlgorithm: "ecdsa-with-SHA256",
    });
    expect(facts.peer!.notBefore).toMatch(/^\d{12}Z$/);
    expect(facts.peer!.sha1.length).toBe(20);
  });

  test("secure() closes clients whose certificate is required and missing, foreign or revoked", async () => {
    const authority = makeAuthority();
    const device = authority.issue(["device-1"]);
    const foreign = makeAuthority("Other").issue(["device-2"]);
    const { context } = bindTls({
      crt: [authority.issue(["a.example"]).pemFile],
      caFile: authority.certFile,
      crlFile: authority.revoke([device]),
      verify: "required",
    });
    for (const certificate of [undefined, foreign, device]) {
      const harness = new Harness(factory);
      const shown = certificate && { cert: certificate.cert, key: certificate.key };
      const { id } = await secured(harness, context!, shown);
      const closed = await harness.next("closed");
      expect(closed).toMatchObject({ connection: id, phase: "tls" });
      expect(closed.code).toMatch(certificate === device ? /^CERT_REVOKED$/ : /./);
      expect(harness.has("secured")).toBe(false);
    }
  });

  test("secure() lets a client without a certificate in when verify is optional, but no foreign one", async () => {
    const authority = makeAuthority();
    const foreign = makeAuthority("Other").issue(["device-2"]);
    const { context } = bindTls({
      crt: [authority.issue(["a.example"]).pemFile],
      caFile: authority.certFile,
      verify: "optional",
    });
    const bare = new Harness(factory);
    await secured(bare, context!);
    expect((await bare.next("secured")).tls.verifyResult).toBe(0);
    const other = new Harness(factory);
    await secured(other, context!, { cert: foreign.cert, key: foreign.key });
    expect((await other.next("closed")).code).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  });

  test("secure() tells garbage and a client that leaves as closed", async () => {
    const authority = makeAuthority();
    for (const verify of ["none", "optional"] as const) {
      const { context } = bindTls({
        crt: [authority.issue(["a.example"]).pemFile],
        caFile: authority.certFile,
        verify,
      });
      const harness = new Harness(factory);
      const { port } = await harness.listen();
      const garbage = await harness.accept(port);
      harness.mover.secure(garbage.id, context!);
      garbage.client.write("GET / HTTP/1.1\r\n\r\n");
      const closed = await harness.next("closed");
      expect(closed).toMatchObject({ connection: garbage.id, phase: "tls" });
      expect(closed.code).toMatch(/SSL/);
      const leaver = await harness.accept(port);
      harness.mover.secure(leaver.id, context!);
      leaver.client.destroy();
      expect((await harness.next("closed")).connection).toBe(leaver.id);
    }
  });

  test("connect() speaks TLS to a server, verifies it and resumes", async () => {
    const authority = makeAuthority();
    const own = authority.issue(["broker.example"]);
    const port = await tlsServer(own);
    const { context } = serverTls({ verify: "required", caFile: authority.certFile });
    const harness = new Harness(factory);
    const dial = (serverName: string): number =>
      harness.mover.connect({
        endpoint: { kind: "ip", family: 4, host: "127.0.0.1", port },
        socket: NO_KEEPALIVE,
        tls: { context: context!, serverName },
      });
    const first = dial("broker.example");
    expect((await harness.next("connected")).tls).toMatchObject({ resumed: false });
    harness.mover.inspect(first, 100);
    expect((await harness.next("bytes")).bytes.toString()).toBe("hello");
    dial("broker.example");
    expect((await harness.next("connected")).tls).toMatchObject({ resumed: true });
    dial("other.example");
    expect(await harness.next("closed")).toMatchObject({
      phase: "tls",
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  test("connect() refuses a server of another authority", async () => {
    const port = await tlsServer(makeAuthority("Other").issue(["broker.example"]));
    const { context } = serverTls({ verify: "required", caFile: makeAuthority().certFile });
    const harness = new Harness(factory);
    harness.mover.connect({
      endpoint: { kind: "ip", family: 4, host: "127.0.0.1", port },
      socket: NO_KEEPALIVE,
      tls: { context: context! },
    });
    expect((await harness.next("closed")).phase).toBe("tls");
  });
});

/** A TLS server that greets and keeps connections open. */
async function tlsServer(own: { readonly cert: string; readonly key: string }): Promise<number> {
  const server = tls.createServer({ cert: own.cert, key: own.key }, (socket) => {
    socket.on("error", () => undefined);
    socket.write("hello");
    endLater(() => void socket.destroy());
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endLater(() => void server.close());
  return (server.address() as { readonly port: number }).port;
}

/** The first bytes that a TLS client sends. */
async function clientHello(): Promise<Buffer> {
  const backend = await listenBackend();
  const client = tls.connect({ port: backend.port, host: "127.0.0.1", servername: "a.example" });
  client.on("error", () => undefined);
  endLater(() => void client.destroy());
  const socket = await backend.nextConnection();
  return readBytes(socket, 100);
}
