import net from "node:net";

// Below the kernel's ephemeral range (32768 and up), so that no outgoing connection of a test that
// runs at the same time takes a port between our finding it free and a program's listening on it.
const PORT_MIN = 12_000;
const PORT_MAX = 32_000;

// Test files run in processes of their own: each starts somewhere else and never looks back.
let candidate = PORT_MIN + ((process.pid * 7919) % (PORT_MAX - PORT_MIN));

/** Finds ports that nothing listens on, at any address. No port is given twice in one process. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = PORT_MAX - PORT_MIN; ports.length < count; tries -= 1) {
    if (tries === 0) throw new Error(`Found ${ports.length} free ports, needed ${count}`);
    const port = candidate;
    candidate = candidate + 1 < PORT_MAX ? candidate + 1 : PORT_MIN;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** Finds one free port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

/** Without a host, Node listens on every IPv4 and IPv6 address: a listener on any of them shows. */
async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
