// The installed HAProxy and this encoder describe the same client connection; the bytes must agree.
import net from "node:net";
import tls from "node:tls";
import { describe, expect, test } from "vitest";
import { decodeProxyHeader } from "../../src/session/proxy-protocol/decode.ts";
import { encodeProxyHeader } from "../../src/session/proxy-protocol/encode.ts";
import type { SendProxy } from "../../src/config/model/server.ts";
import { makeAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";

const OPTIONS: readonly SendProxy["options"][] = [
  ["ssl", "cert-cn"],
  ["ssl", "cert-cn", "ssl-cipher", "cert-sig", "cert-key", "authority", "crc32c"],
];

describe.skipIf(!has("haproxy") || !has("openssl"))(
  `PROXY headers of HAProxy${skipNote("haproxy")}${skipNote("openssl")}`,
  () => {
    test.each(OPTIONS.map((options) => ({ options })))(
      "encodeProxyHeader() and HAProxy write the same bytes with $options",
      async ({ options }) => {
        const authority = makeAuthority();
        const own = authority.issue(["mqtt.example"]);
        const device = authority.issue(["device-1"]);
        const backend = await capturingServer();
        const port = await freePort();
        await startHaproxy({
          config: `
defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen l
  bind 127.0.0.1:${port} ssl crt ${own.pemFile} ca-file ${authority.certFile} verify optional
  server s 127.0.0.1:${backend.port} send-proxy-v2 proxy-v2-options ${options.join(",")}
`,
        });
        const client = tls.connect({
          port,
          host: "127.0.0.1",
          servername: "mqtt.example",
          rejectUnauthorized: false,
          cert: device.cert,
          key: device.key,
        });
        endLater(() => void client.destroy());
        client.write("x");
        const theirs = await backend.first;
        const decoded = decodeProxyHeader(theirs);
        if (decoded.kind !== "message") throw new Error(`Decoded as ${decoded.kind}`);
        const ours = encodeProxyHeader({
          version: 2,
          source: { kind: "ip", family: 4, host: "127.0.0.1", port: client.localPort! },
          destination: { kind: "ip", family: 4, host: "127.0.0.1", port },
          tls: {
            protocol: "TLSv1.3",
            cipher: client.getCipher().name,
            serverName: "mqtt.example",
            resumed: false,
            verifyResult: 0,
            own: { keyAlgorithm: "EC256", signatureAlgorithm: "ecdsa-with-SHA256" },
            peer: {
              commonName: "device-1",
              subject: "/CN=device-1",
              issuer: "/CN=Test authority",
              serial: "02",
              notBefore: "",
              notAfter: "",
              sha1: new Uint8Array(),
              der: new Uint8Array(),
            },
          },
          options,
        });
        expect(Buffer.from(ours).toString("hex")).toBe(
          theirs.subarray(0, decoded.byteCount).toString("hex"),
        );
      },
    );
  },
);

/** A server that tells the first bytes of its first connection, up to and with the `x` behind them. */
async function capturingServer(): Promise<{ port: number; first: Promise<Buffer> }> {
  let tell: (bytes: Buffer) => void;
  const first = new Promise<Buffer>((resolve) => (tell = resolve));
  const server = net.createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const decoded = decodeProxyHeader(bytes);
      if (decoded.kind === "message" && bytes.length > decoded.byteCount) tell(bytes);
    });
    endLater(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endLater(() => void server.close());
  return { port: (server.address() as net.AddressInfo).port, first };
}
