// Stands before a broker that does not know the PROXY protocol.
import net from "node:net";
import { endLater } from "../support/cleanup.ts";
import type { Broker } from "../support/mosquitto.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait-for.ts";

/** A reader that runs until the end of the test. */
export interface ProxyReader {
  readonly port: number;
  /** The clients that PROXY headers named, as `address:port`. */
  readonly sources: readonly string[];
}

/** Reads headers of version 2 over IPv4 and relays the rest to the broker. */
export async function startProxyReader(broker: Broker): Promise<ProxyReader> {
  const port = await freePort();
  const sources: string[] = [];
  const server = net
    .createServer((client) => {
      const upstream = net.connect(broker.port, broker.host);
      endLater(() => {
        client.destroy();
        upstream.destroy();
      });
      for (const socket of [client, upstream]) socket.on("error", () => undefined);
      upstream.pipe(client);
      let head = Buffer.alloc(0);
      client.on("data", function collect(chunk: Buffer) {
        head = Buffer.concat([head, chunk]);
        const headerLength = head.length < 16 ? Infinity : 16 + head.readUInt16BE(14);
        if (head.length < headerLength) return;
        client.off("data", collect);
        sources.push(sourceOf(head));
        upstream.write(head.subarray(headerLength));
        client.pipe(upstream);
      });
    })
    .listen(port, "127.0.0.1");
  endLater(() => void server.close());
  await waitFor(() => server.listening);
  return { port, sources };
}

/** The source of a version 2 header; says so when it is not one of TCP over IPv4. */
function sourceOf(header: Buffer): string {
  if (header.toString("latin1", 0, 12) !== "\r\n\r\n\0\r\nQUIT\n" || header[12] !== 0x21) {
    return `not version 2: ${header.toString("hex", 0, 16)}`;
  }
  if (header[13] !== 0x11) return `family ${header[13]!}`;
  return `${[...header.subarray(16, 20)].join(".")}:${header.readUInt16BE(24)}`;
}
