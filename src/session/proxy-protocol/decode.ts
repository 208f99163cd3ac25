// Reads the header that `accept-proxy` and `expect-proxy` demand as the first bytes of a connection
// (haproxy proxy-protocol.txt §2). Both versions are recognised by their first bytes; everything is
// bounded, and nothing that a peer sends throws.
import { PROXY_V1_BYTES_MAX } from "../../limits.ts";
import { decodeProxyV1 } from "./decode-v1.ts";
import { decodeProxyV2 } from "./decode-v2.ts";
import type { ProxyHeader } from "./header.ts";
import { V2_SIGNATURE } from "./header.ts";

/** What the first bytes of a connection turned out to be. */
export type ProxyDecoded =
  | { readonly kind: "need-more" }
  | {
      readonly kind: "message";
      readonly header: ProxyHeader;
      /** Bytes that the header takes; what follows belongs to the client. */
      readonly byteCount: number;
    }
  | {
      readonly kind: "malformed";
      readonly reason: string;
      /** It is not even the beginning of a header. */
      readonly isForeign?: true;
    };

const V1_PREFIX = Uint8Array.of(0x50, 0x52, 0x4f, 0x58, 0x59, 0x20);

/** Decodes the PROXY header at the start of `bytes`; never throws, and never asks for more than 16 KiB. */
export function decodeProxyHeader(bytes: Uint8Array): ProxyDecoded {
  if (bytes.length === 0) return { kind: "need-more" };
  if (startsAs(bytes, V2_SIGNATURE)) {
    return bytes.length < V2_SIGNATURE.length ? { kind: "need-more" } : decodeProxyV2(bytes);
  }
  if (!startsAs(bytes, V1_PREFIX)) {
    const reason = "neither a version 1 nor a version 2 PROXY header";
    return { kind: "malformed", reason, isForeign: true };
  }
  const lineEnd = bytes.indexOf(0x0a);
  if (lineEnd >= PROXY_V1_BYTES_MAX || (lineEnd < 0 && bytes.length >= PROXY_V1_BYTES_MAX)) {
    return { kind: "malformed", reason: `no line end within ${PROXY_V1_BYTES_MAX} bytes` };
  }
  if (lineEnd < 0) return { kind: "need-more" };
  return decodeProxyV1(bytes.subarray(0, lineEnd + 1));
}

/** Whether `bytes`, as far as they go, agree with `prefix`. */
function startsAs(bytes: Uint8Array, prefix: Uint8Array): boolean {
  const count = Math.min(bytes.length, prefix.length);
  for (let i = 0; i < count; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}
