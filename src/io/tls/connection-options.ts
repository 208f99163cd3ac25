import tls from "node:tls";
import type { TlsContext } from "../../session/mover.ts";
import { clientSide } from "./context.ts";

/**
 * The options with which `tls.connect` speaks to a server as the mover does; for health checks. They
 * verify the certificate as the `server` line says. `serverName` is sent as SNI, and is the name
 * that the certificate must carry unless `verifyhost` says another.
 */
export function tlsConnectionOptions(
  context: TlsContext,
  serverName?: string,
): tls.ConnectionOptions {
  const client = clientSide(context);
  const name = client.verifyHost ?? serverName;
  return {
    ...client.options,
    ...(serverName !== undefined && { servername: serverName }),
    rejectUnauthorized: client.verify === "required",
    // Without a name to compare, HAProxy is content with the authority.
    checkServerIdentity: (_host, certificate) =>
      name === undefined ? undefined : tls.checkServerIdentity(name, certificate),
  };
}
