// A server that sends small pieces without TCP_NODELAY waits with the next one until the former is
// acknowledged (RFC 896). A balancer that delays its acknowledgements holds up each new client by 40 ms.
import { once } from "node:events";
import net from "node:net";
import { expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { waitForPort } from "../support/wait-for.ts";
import { DEFAULTS, PROGRAMS } from "./features-harness.ts";

const CONNECTIONS = 21;
/** Half of the shortest delay of an acknowledgement in Linux (TCP_DELACK_MIN). */
const PIECES_APART_MS_MAX = 20;

/** Answers the first bytes by two pieces, each in a packet of its own. */
async function startServer(): Promise<number> {
  const server = net.createServer({ noDelay: false }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => {
      socket.write("one.");
      socket.write("two.");
    });
  });
  server.listen(0, "127.0.0.1");
  endLater(() => void server.close());
  await once(server, "listening");
  return (server.address() as net.AddressInfo).port;
}

/** From a client's first piece to the end of its second one, ms. */
async function apartMs(port: number): Promise<number> {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  socket.write("hello");
  let text = "";
  let firstMs = 0;
  for await (const chunk of socket) {
    firstMs ||= performance.now();
    text += String(chunk);
    if (text === "one.two.") break;
  }
  socket.destroy();
  return performance.now() - firstMs;
}

test.each(PROGRAMS)(
  "the second piece of an answer follows the first at once: $name",
  async ({ isMissing, start }) => {
    if (isMissing) return;
    const port = await freePort();
    await start(
      `${DEFAULTS}listen pieces
  bind 127.0.0.1:${port}
  tcp-request inspect-delay 5s
  tcp-request content accept if { req.len gt 0 }
  server s 127.0.0.1:${await startServer()}
`,
    );
    await waitForPort(port);
    const times: number[] = [];
    for (let i = 0; i < CONNECTIONS; i += 1) times.push(await apartMs(port));
    const median = times.sort((one, other) => one - other)[CONNECTIONS >> 1]!;
    expect(median).toBeLessThan(PIECES_APART_MS_MAX);
  },
);
