import type { ConnectionRecord } from "../../../src/log/record.ts";

/** A record of a connection that went well, with what a test wants different. */
export function recordWith(changes: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return {
    client: { kind: "ip", family: 4, host: "192.0.2.7", port: 51000 },
    frontendAddress: { kind: "ip", family: 4, host: "127.0.0.1", port: 1883 },
    acceptWallMs: Date.UTC(2026, 10, 1, 2, 3, 4, 56),
    frontend: "fe",
    frontendTls: false,
    backend: "be",
    server: "s1",
    serverAddress: { kind: "ip", family: 4, host: "127.0.0.1", port: 34407 },
    localAddress: { kind: "ip", family: 4, host: "127.0.0.1", port: 59000 },
    handshakeMs: 0,
    queueMs: 1.9,
    connectMs: 2.2,
    totalMs: 292.8,
    bytesToClient: 3,
    bytesToServer: 5,
    termination: "--",
    actconn: 9,
    feconn: 8,
    beconn: 7,
    srvconn: 6,
    retries: 0,
    redispatched: false,
    serverQueue: 0,
    backendQueue: 2,
    logAsap: false,
    requestCount: 10,
    lineCount: 1,
    captured: [],
    ...changes,
  };
}
