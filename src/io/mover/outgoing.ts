import net from "node:net";
import type { ConnectionId, ConnectSpec } from "../../session/mover.ts";
import type { ConnectionHost } from "./connection.ts";
import { NodeConnection } from "./connection.ts";
import { unixPath } from "./endpoints.ts";
import type { ReadBuffers } from "./read-buffers.ts";

/**
 * Starts to connect. Plain connections read into one buffer again and again; TLS goes through the
 * stream, as the plain socket below is read by TLS itself.
 */
export function openOutgoing(
  host: ConnectionHost,
  id: ConnectionId,
  spec: ConnectSpec,
  readBuffers: ReadBuffers,
): NodeConnection {
  if (spec.tls !== undefined) {
    const plain = net.connect(connectOptions(spec));
    return paused(new NodeConnection(host, id, plain, "connect"));
  }
  const buffer = readBuffers.take();
  const socket = net.connect({
    ...connectOptions(spec),
    onread: {
      buffer,
      callback: (byteCount) => {
        connection.onBytes(buffer.subarray(0, byteCount), true);
        return true;
      },
    },
  });
  const connection = paused(new NodeConnection(host, id, socket, "connect"));
  connection.borrowed = { buffer, from: readBuffers };
  return connection;
}

/** Nothing is read before somebody holds or relays it. */
function paused(connection: NodeConnection): NodeConnection {
  connection.raw.pause();
  connection.adopt(connection.raw);
  return connection;
}

function connectOptions(spec: ConnectSpec): net.NetConnectOpts {
  const { endpoint, local, socket } = spec;
  if (endpoint.kind === "unix") {
    return { path: unixPath(endpoint.path, endpoint.abstract), allowHalfOpen: true };
  }
  return {
    host: endpoint.host,
    port: endpoint.port,
    family: endpoint.family,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: socket.keepalive,
    keepAliveInitialDelay: socket.keepaliveIdleMs ?? 0,
    ...(local && { localAddress: local.host }),
    ...(local?.port !== undefined && { localPort: local.port }),
  };
}
