// Clients and their server for `mover-many.ts`: each client says by its first byte how its connection is to end.
import { once } from "node:events";
import net from "node:net";

/** How a connection ends: by its client, or by the mover. */
export const MANNER = {
  ends: 0,
  resets: 1,
  isFull: 2,
  finished: 3,
  reset: 4,
  leaves: 5,
  frozen: 6,
};

/** What this process tells: where its server listens, and when all clients are gone. */
export type VisitorsMessage =
  { readonly kind: "serving"; readonly port: number } | { readonly kind: "done" };

interface Order {
  readonly port: number;
  readonly count: number;
  readonly parallel: number;
}

const MANNERS = Object.keys(MANNER).length;
/** More than both kernels and the mover hold of a connection whose server does not read. */
const FULL_BYTES = 8 * 1024 * 1024;

if (process.send !== undefined) {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (first: Buffer) => {
      socket.write(first);
      if (first[0] === MANNER.isFull) socket.pause();
      else socket.pipe(socket);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  process.on("message", (order: Order) => {
    void visitAll(order).then(() => tell({ kind: "done" }));
  });
  process.once("disconnect", () => process.exit());
  tell({ kind: "serving", port: (server.address() as net.AddressInfo).port });
}

function tell(message: VisitorsMessage): void {
  process.send!(message);
}

async function visitAll({ port, count, parallel }: Order): Promise<void> {
  let next = 0;
  const visitor = async (): Promise<void> => {
    while (next < count) await visit(port, next++);
  };
  await Promise.all(Array.from({ length: parallel }, visitor));
}

async function visit(port: number, index: number): Promise<void> {
  const manner = index % MANNERS;
  const client = net.connect({ port, host: "127.0.0.1" });
  client.on("error", () => undefined);
  const closed = new Promise((resolve) => void client.once("close", resolve));
  const bytes = Buffer.alloc(1 + (index % 5) * 1000, index);
  bytes[0] = manner;
  client.write(bytes);
  client.once("data", () => {
    if (manner === MANNER.isFull) fill(client, index % 100 < MANNERS);
    else if (manner === MANNER.resets) client.resetAndDestroy();
    else if (manner === MANNER.ends || manner === MANNER.frozen) client.end();
  });
  client.on("end", () => void client.end());
  client.resume();
  await closed;
}

/** Sends more than anybody takes, if that is wanted, as it takes long; then resets. */
function fill(client: net.Socket, isMuch: boolean): void {
  client.write(Buffer.alloc(isMuch ? FULL_BYTES : 1));
  const left = (): number => client.writableLength;
  let before = -1;
  const look = setInterval(() => {
    if (left() !== before) {
      before = left();
      return;
    }
    clearInterval(look);
    client.resetAndDestroy();
  }, 20);
}
