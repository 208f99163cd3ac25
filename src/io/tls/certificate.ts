import { createPrivateKey, X509Certificate } from "node:crypto";
import fs from "node:fs";
import type { CertificateAlgorithms } from "../../session/mover.ts";
import { algorithmsOf } from "./algorithms.ts";
import { systemErrorText } from "./system-error.ts";

/** A certificate with its chain and key. */
export interface CertificateMaterial {
  /** PEM: the certificate, then its chain. */
  readonly cert: Buffer;
  /** PEM. */
  readonly key: Buffer;
  /** Names of the certificate: its subject's common name and its DNS alternatives. */
  readonly names: readonly string[];
  readonly algorithms: CertificateAlgorithms;
}

/** A certificate, or why there is none in HAProxy's words. */
export type CertificateOutcome =
  | { readonly ok: true; readonly material: CertificateMaterial }
  | { readonly ok: false; readonly message: string };

/** Reads one PEM file; the key may stand in it, in `<file>.key`, or beside it with the ending `.key`. */
export function readCertificate(file: string): CertificateOutcome {
  let cert: Buffer;
  try {
    cert = fs.readFileSync(file);
  } catch (error) {
    const why = systemErrorText(error);
    return failed(`unable to stat SSL certificate from file '${file}' : ${why}.`);
  }
  const certificate = parseCertificate(cert);
  if (certificate === undefined) return failed(`unable to load certificate from file '${file}'.`);
  const key = hasPrivateKey(cert) ? cert : readKeyBeside(file);
  if (key === undefined) return failed(`No Private Key found in '${file}.key'.`);
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key))) {
      return failed(`inconsistencies between private key and certificate loaded '${file}'.`);
    }
  } catch {
    // A passphrase cannot be asked for, and a broken key says nothing more.
    return failed(`unable to load SSL private key from file '${file}'.`);
  }
  const names = namesOf(certificate);
  return { ok: true, material: { cert, key, names, algorithms: algorithmsOf(certificate) } };
}

function failed(message: string): CertificateOutcome {
  return { ok: false, message };
}

function parseCertificate(pem: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function hasPrivateKey(pem: Buffer): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem.toString("latin1"));
}

function readKeyBeside(file: string): Buffer | undefined {
  for (const candidate of [`${file}.key`, file.replace(/\.[^./]+$/, ".key")]) {
    try {
      const key = fs.readFileSync(candidate);
      if (hasPrivateKey(key)) return key;
    } catch {
      // The next place is tried.
    }
  }
  return undefined;
}

function namesOf(certificate: X509Certificate): string[] {
  const names: string[] = [];
  const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1];
  if (commonName !== undefined) names.push(commonName);
  for (const entry of (certificate.subjectAltName ?? "").split(", ")) {
    if (entry.startsWith("DNS:")) names.push(entry.slice("DNS:".length));
  }
  return names;
}
