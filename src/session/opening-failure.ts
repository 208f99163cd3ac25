// Words for connections that fail before they are sessions, as HAProxy 2.6 logs them.
import type { FrontendSide } from "../config/model/proxy.ts";
import type { Bind } from "../config/model/bind.ts";
import type { ProxyDecoded } from "./proxy-protocol/decode.ts";

const HEADER = "PROXY protocol header";

/** How a client has ended the wait for its first bytes. */
export type Interruption =
  | { readonly kind: "timeout" }
  | { readonly kind: "closed" }
  /** Reset, or not to be understood. */
  | { readonly kind: "error"; readonly reason: string };

/** What is wrong with first bytes that are no PROXY header. */
export function describeBadHeader(decoded: Extract<ProxyDecoded, { kind: "malformed" }>): string {
  return decoded.isForeign === true
    ? `Received something which does not look like a ${HEADER}`
    : `Received an invalid ${HEADER} (${decoded.reason})`;
}

/** Why no PROXY header came; `hasBegun` when a part of one did. */
export function describeMissingHeader(how: Interruption, hasBegun: boolean): string {
  switch (how.kind) {
    case "timeout":
      return `Timeout while waiting for ${HEADER}`;
    case "closed":
      return hasBegun
        ? `Truncated ${HEADER} received`
        : `Connection closed while waiting for ${HEADER}`;
    case "error":
      return `Connection error while waiting for ${HEADER}`;
  }
}

/** OpenSSL's message: thread, `error`, code, library, function, then the reason. */
const OPENSSL_MESSAGE = /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/;

/** Why a TLS handshake did not come to its end. HAProxy keeps the reason to itself. */
export function describeFailedHandshake(how: Interruption): string {
  switch (how.kind) {
    case "timeout":
      return "Timeout during SSL handshake";
    case "closed":
      return "Connection closed during SSL handshake";
    case "error":
      return `SSL handshake failure (${OPENSSL_MESSAGE.exec(how.reason)?.[1] ?? how.reason})`;
  }
}

/** A listener's name in such lines: `frontend/name`, else with its number, which counts from 1. */
export function describeListener(frontend: string, side: FrontendSide, bind: Bind): string {
  return `${frontend}/${bind.name ?? numberOf(side.binds, bind)}`;
}

/** Numbers that are written go first; the other lines get those that are left, in order. */
function numberOf(binds: readonly Bind[], bind: Bind): number {
  if (bind.id !== undefined) return bind.id;
  const taken = new Set(binds.map(({ id }) => id));
  let number = 0;
  for (const each of binds) {
    if (each.id !== undefined) continue;
    do number++;
    while (taken.has(number));
    if (each === bind) break;
  }
  return number;
}
