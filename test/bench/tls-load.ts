// Clients with TLS in front of a proxy, over connections that stand. They are Node's, and so cost more than the proxy does: what they measure is
// the proxy's CPU time, and no rate.
import { readFileSync } from "node:fs";
import tls from "node:tls";

/** What clients do for a while. */
export interface TlsLoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The proxy whose CPU time is read. */
  readonly pid: number;
}

/** What they did, and what it cost the proxy. */
export interface TlsLoadResult {
  readonly count: number;
  readonly cpuMs: number;
}

/** One suite on both sides, so that both encrypt alike. */
const SUITE = { minVersion: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" } as const;
/** Of the clock of /proc/PID/stat on Linux. */
const MS_PER_TICK = 10;

/** Requests of so many bytes and answers as long, over connections that stand. */
export async function measureTlsExchanges(
  options: TlsLoadOptions,
  bytes: number,
): Promise<TlsLoadResult> {
  const idle = await Promise.all(
    Array.from({ length: options.connections }, () => connect(options.port)),
  );
  const request = Buffer.alloc(bytes);
  const result = await measure(options, async () => {
    const socket = idle.pop()!;
    await exchange(socket, request);
    idle.push(socket);
  });
  for (const socket of idle) socket.destroy();
  return result;
}

async function measure(
  { connections, seconds, pid }: TlsLoadOptions,
  work: () => Promise<void>,
): Promise<TlsLoadResult> {
  const endMs = performance.now() + seconds * 1000;
  const before = cpuMs(pid);
  let count = 0;
  const worker = async (): Promise<void> => {
    for (; performance.now() < endMs; count += 1) await work();
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return { count, cpuMs: cpuMs(pid) - before };
}

/** CPU time of all threads, user and system. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the program, in brackets, may hold anything (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

function connect(port: number): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", rejectUnauthorized: false, ...SUITE };
    const socket = tls.connect(options, () => resolve(socket));
    socket.setNoDelay(true);
    socket.once("error", reject);
  });
}

function exchange(socket: tls.TLSSocket, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const lost = (): void =>
      reject(new Error("The proxy closed a TLS connection before its answer"));
    socket.once("close", lost);
    let awaited = request.length;
    const take = (chunk: Buffer): void => {
      awaited -= chunk.length;
      if (awaited > 0) return;
      socket.off("data", take);
      socket.off("close", lost);
      resolve();
    };
    socket.on("data", take);
    socket.write(request);
  });
}
