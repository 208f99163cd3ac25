// Files of TLS ticket keys, and clients that come back with their session.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import tls from "node:tls";
import { endLater } from "./cleanup.ts";
import { tempDir } from "./temp.ts";

/** As many keys in base64. */
export function makeTicketKeys(count: number, bytes = 48): string[] {
  return Array.from({ length: count }, () => randomBytes(bytes).toString("base64"));
}

/** A file with these lines; its path. */
export function ticketKeyFile(lines: readonly string[] = makeTicketKeys(3)): string {
  const file = path.join(tempDir(), "ticket-keys");
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
  return file;
}

/** What a client that came had, and what it may come back with. */
export interface TlsVisit {
  readonly isResumed: boolean;
  readonly session: Buffer | undefined;
}

/** Comes, waits for the first byte and goes. Certificates of the balancer are not verified. */
export function comeByTls(port: number, options: tls.ConnectionOptions = {}): Promise<TlsVisit> {
  return new Promise((resolve, reject) => {
    const target = { host: "127.0.0.1", port, rejectUnauthorized: false };
    const socket = tls.connect({ ...target, ...options });
    endLater(() => void socket.destroy());
    let session: Buffer | undefined;
    // Tickets stand in front of the first byte, with TLS 1.3 (RFC 8446 §4.6.1), too.
    socket.on("session", (fresh: Buffer) => (session = fresh));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed before the first byte")));
    socket.once("data", () => {
      // Node does not announce a ticket that came with a resumed handshake of TLS 1.2.
      if (socket.getProtocol() === "TLSv1.2") session = socket.getSession();
      resolve({ isResumed: socket.isSessionReused(), session });
      socket.destroy();
    });
  });
}
