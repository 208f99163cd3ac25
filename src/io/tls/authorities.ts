import fs from "node:fs";
import path from "node:path";
import tls from "node:tls";
import { systemErrorText } from "./system-error.ts";

/** Certificates or revocation lists in PEM, or why there are none, as HAProxy says it. */
export type PemOutcome =
  | { readonly ok: true; readonly pem: (string | Buffer)[] }
  | { readonly ok: false; readonly why: string };

const PEM_BEGIN = /-----BEGIN (?:TRUSTED |X509 )?(?:CERTIFICATE|CRL)-----/;

/** Reads `ca-file` or `crl-file`: a file, a folder of them, or `@system-ca`. */
export function readAuthorities(file: string): PemOutcome {
  if (file === "@system-ca") return { ok: true, pem: [...tls.rootCertificates] };
  const pem: (string | Buffer)[] = [];
  try {
    const files = fs.statSync(file).isDirectory()
      ? fs.readdirSync(file).map((name) => path.join(file, name))
      : [file];
    for (const one of files) {
      const bytes = fs.readFileSync(one);
      if (PEM_BEGIN.test(bytes.toString("latin1"))) pem.push(bytes);
    }
  } catch (error) {
    return { ok: false, why: systemErrorText(error) };
  }
  return pem.length > 0 ? { ok: true, pem } : { ok: false, why: "no certificate or crl found" };
}
