import tls from "node:tls";
import type { DiagnosticSink, Position } from "../../base/diagnostic.ts";
import type { ServerTls, SslDefaults } from "../../config/model/tls.ts";
import { readAuthorities } from "./authorities.ts";
import { withBase } from "./certificate-files.ts";
import { readCertificate } from "./certificate.ts";
import type { ClientSideTls } from "./context.ts";
import { SessionCache } from "./session-cache.ts";
import { contextOptions, leavesVersions, withDefaults } from "./settings.ts";

/** `server ... ssl ...`: the context, or `undefined` after reporting why there is none. */
export function loadServerTls(
  server: { readonly name: string; readonly position: Position },
  line: ServerTls,
  backend: string,
  defaults: SslDefaults,
  sink: DiagnosticSink,
): ClientSideTls | undefined {
  const alerts: string[] = [];
  const alert = (message: string): void => {
    alerts.push(message);
    const { file, line: lineNumber } = server.position;
    const where = `[${file}:${lineNumber}] : 'server ${backend}/${server.name}'`;
    sink.report({ severity: "alert", message: `${where} : ${message}` });
  };
  const settings = withDefaults(line, defaults.server);
  if (!leavesVersions(settings)) {
    alert(`proxy '${backend}': all SSL/TLS versions are disabled for server '${server.name}'.`);
  }
  if (line.verify === "required" && line.caFile === undefined) alert(NO_AUTHORITY);
  const options: tls.SecureContextOptions = {
    ...contextOptions(settings),
    ...readTrust(line, defaults, alert),
    ...readOwnCertificate(line, defaults, alert),
  };
  const secureContext =
    alerts.length > 0 ? undefined : createContext(options, settings.ciphers, alert);
  if (secureContext === undefined) return undefined;
  const { alpn } = settings;
  return {
    tlsContext: true,
    side: "client",
    verify: line.verify,
    ...(line.verifyHost !== undefined && { verifyHost: line.verifyHost }),
    options: {
      secureContext,
      ...(alpn && alpn.length > 0 && { ALPNProtocols: [...alpn] }),
    },
    ...(line.reuse && { sessions: new SessionCache() }),
  };
}

const NO_AUTHORITY =
  "verify is enabled by default but no CA file specified. If you're running on a LAN where you're " +
  "certain to trust the server's certificate, please set an explicit 'verify none' statement on " +
  "the 'server' line, or use 'ssl-server-verify none' in the global section to disable " +
  "server-side verifications by default.";

type Alert = (message: string) => void;

function readTrust(line: ServerTls, defaults: SslDefaults, alert: Alert): tls.SecureContextOptions {
  const read = (keyword: string, file: string | undefined): (string | Buffer)[] | undefined => {
    if (file === undefined) return undefined;
    const path = withBase(file, defaults.caBase);
    const outcome = readAuthorities(path);
    if (outcome.ok) return outcome.pem;
    const why = `Couldn't open the ca-file '${path}' (${outcome.why}).`;
    alert(`${why} '${keyword}' : unable to load ${path}.`);
    return undefined;
  };
  const ca = read("ca-file", line.caFile);
  const crl = read("crl-file", line.crlFile);
  return { ...(ca && { ca }), ...(crl && { crl }) };
}

function readOwnCertificate(
  line: ServerTls,
  defaults: SslDefaults,
  alert: Alert,
): tls.SecureContextOptions {
  if (line.crt === undefined) return {};
  const outcome = readCertificate(withBase(line.crt, defaults.crtBase));
  if (!outcome.ok) {
    alert(outcome.message);
    return {};
  }
  return { cert: outcome.material.cert, key: outcome.material.key };
}

function createContext(
  options: tls.SecureContextOptions,
  ciphers: string | undefined,
  alert: Alert,
): tls.SecureContext | undefined {
  try {
    return tls.createSecureContext(options);
  } catch (error) {
    if (ciphers !== undefined && (error as Error).message.includes("cipher")) {
      alert(`unable to set SSL cipher list to '${ciphers}'.`);
      return;
    }
    alert(`unable to set up TLS: ${(error as Error).message}.`);
    return;
  }
}
