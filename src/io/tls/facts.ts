// What a finished handshake tells, in the forms that rules, logs and PROXY TLVs use.
import type { X509Certificate } from "node:crypto";
import type tls from "node:tls";
import type { PeerCertificate, TlsFacts } from "../../session/mover.ts";
import { algorithmsOf } from "./algorithms.ts";
import type { ServerSideTls } from "./context.ts";
import { verifyNumber } from "./verify-codes.ts";

/** Facts of a client's handshake with us. `verifyCode` is OpenSSL's name of what was wrong, if asked. */
export function serverTlsFacts(
  socket: tls.TLSSocket,
  context: ServerSideTls,
  verifyCode: string | undefined,
): TlsFacts {
  const certificate = context.verify === "none" ? undefined : socket.getPeerX509Certificate();
  // QUIRK: Node's types know `servername` of a server's socket neither as absent nor as `false`.
  const name = (socket as { readonly servername?: string | false | null }).servername;
  const serverName = typeof name === "string" && name !== "" ? name : undefined;
  return {
    ...commonFacts(socket),
    // A client that shows no certificate has none that is wrong.
    verifyResult: certificate === undefined ? 0 : verifyNumber(verifyCode),
    ...(serverName !== undefined && { serverName }),
    ...(certificate && { peer: peerFacts(certificate) }),
    own: context.algorithms(serverName),
  };
}

/**
 * What has become wrong with the certificate of a client that resumes a session, by OpenSSL's name:
 * nobody looks at it again, and a session that is renewed each time would outlive it.
 */
export function resumedProblem(
  socket: Pick<tls.TLSSocket, "isSessionReused" | "getPeerX509Certificate">,
  nowMs: number,
): string | undefined {
  if (!socket.isSessionReused()) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  return Date.parse(certificate.validTo) < nowMs ? "CERT_HAS_EXPIRED" : undefined;
}

/**
 * Why `strict-sni` or `verify` turn a client away; `undefined` lets it in. Names that have no
 * certificate end the handshake; that there is no name at all, Node tells only after it. With `optional` a client may show no
 * certificate, but a wrong one is refused all the same.
 */
export function findRefusal(
  context: ServerSideTls,
  facts: TlsFacts,
  verifyCode: string | undefined,
): { readonly code: string; readonly message: string } | undefined {
  if (context.strictSni && facts.serverName === undefined) {
    const code = "ERR_SSL_TLSV1_UNRECOGNIZED_NAME";
    return { code, message: "the client named no server, and strict-sni is set" };
  }
  if (context.verify === "none") return undefined;
  if (facts.peer === undefined) {
    if (context.verify === "optional") return undefined;
    const code = "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE";
    return { code, message: "the client showed no certificate, and one is required" };
  }
  if (facts.verifyResult === 0) return undefined;
  return { code: verifyCode ?? "", message: "the client's certificate was not accepted" };
}

/** Facts of our handshake with a server. */
export function clientTlsFacts(socket: tls.TLSSocket, serverName: string | undefined): TlsFacts {
  const certificate = socket.getPeerX509Certificate();
  return {
    ...commonFacts(socket),
    verifyResult: 0,
    ...(serverName !== undefined && { serverName }),
    ...(certificate && { peer: peerFacts(certificate) }),
  };
}

function commonFacts(
  socket: tls.TLSSocket,
): Pick<TlsFacts, "protocol" | "cipher" | "resumed" | "alpn"> {
  const alpn = socket.alpnProtocol;
  return {
    protocol: socket.getProtocol() ?? "",
    cipher: socket.getCipher().name,
    resumed: socket.isSessionReused(),
    ...(typeof alpn === "string" && { alpn }),
  };
}

/** The facts of a certificate. */
export function peerFacts(certificate: X509Certificate): PeerCertificate {
  const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1];
  return {
    ...(commonName !== undefined && { commonName }),
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    serial: certificate.serialNumber,
    notBefore: compactTime(certificate.validFrom),
    notAfter: compactTime(certificate.validTo),
    sha1: Buffer.from(certificate.fingerprint.replaceAll(":", ""), "hex"),
    der: certificate.raw,
    ...algorithmsOf(certificate),
  };
}

/** `C=DE\nCN=x` as `/C=DE/CN=x`. */
function distinguishedName(lines: string): string {
  return lines
    .split("\n")
    .map((line) => `/${line}`)
    .join("");
}

/** `Nov 21 02:00:00 2026 GMT` as `261121020000Z`. */
function compactTime(text: string): string {
  const iso = new Date(text).toISOString();
  return `${iso.slice(2, 19).replaceAll(/[-:T]/g, "")}Z`;
}
