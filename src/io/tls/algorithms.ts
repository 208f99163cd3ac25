// The algorithms of a certificate by OpenSSL's short names, as HAProxy prints them.
import type { X509Certificate } from "node:crypto";
import type { CertificateAlgorithms } from "../../session/mover.ts";

/** Bits of the named curves that certificates use. */
const CURVE_BITS: Readonly<Record<string, number>> = {
  prime256v1: 256,
  secp384r1: 384,
  secp521r1: 521,
  secp256k1: 256,
};

/** Signature algorithms by the hexadecimal body of their object identifiers. */
const SIGNATURES: Readonly<Record<string, string>> = {
  "2a864886f70d010104": "RSA-MD5",
  "2a864886f70d010105": "RSA-SHA1",
  "2a864886f70d01010a": "RSASSA-PSS",
  "2a864886f70d01010b": "RSA-SHA256",
  "2a864886f70d01010c": "RSA-SHA384",
  "2a864886f70d01010d": "RSA-SHA512",
  "2a864886f70d01010e": "RSA-SHA224",
  "2a8648ce3d0401": "ecdsa-with-SHA1",
  "2a8648ce3d040301": "ecdsa-with-SHA224",
  "2a8648ce3d040302": "ecdsa-with-SHA256",
  "2a8648ce3d040303": "ecdsa-with-SHA384",
  "2a8648ce3d040304": "ecdsa-with-SHA512",
  "2b6570": "ED25519",
  "2b6571": "ED448",
};

/** Key and signature algorithm of a certificate; what has no name here is left out. */
export function algorithmsOf(certificate: X509Certificate): CertificateAlgorithms {
  const key = keyAlgorithm(certificate);
  const signature = SIGNATURES[signatureOid(certificate.raw) ?? ""];
  return {
    ...(key !== undefined && { keyAlgorithm: key }),
    ...(signature !== undefined && { signatureAlgorithm: signature }),
  };
}

function keyAlgorithm({ publicKey }: X509Certificate): string | undefined {
  const details = publicKey.asymmetricKeyDetails;
  switch (publicKey.asymmetricKeyType) {
    case "rsa":
      return `RSA${details?.modulusLength ?? 0}`;
    case "dsa":
      return `DSA${details?.modulusLength ?? 0}`;
    case "ec":
      return `EC${CURVE_BITS[details?.namedCurve ?? ""] ?? 0}`;
    default:
      return undefined;
  }
}

/** Finds `Certificate.signatureAlgorithm.algorithm` (RFC 5280 §4.1): behind the first inner sequence. */
function signatureOid(der: Uint8Array): string | undefined {
  const outer = readHeader(der, 0);
  const body = outer && readHeader(der, outer.start);
  const algorithm = body && readHeader(der, body.end);
  const oid = algorithm && readHeader(der, algorithm.start);
  return oid && Buffer.from(der.subarray(oid.start, oid.end)).toString("hex");
}

/** Where the contents of the DER element at `at` begin and end. */
function readHeader(der: Uint8Array, at: number): { start: number; end: number } | undefined {
  const first = der[at + 1];
  if (first === undefined) return undefined;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  let length = 0;
  const lengthBytes = first & 0x7f;
  for (let i = 0; i < lengthBytes; i++) length = length * 256 + (der[at + 2 + i] ?? 0);
  return { start: at + 2 + lengthBytes, end: at + 2 + lengthBytes + length };
}
