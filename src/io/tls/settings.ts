import { constants } from "node:crypto";
import type tls from "node:tls";
import type { TlsSettings, TlsVersion } from "../../config/model/tls.ts";

const VERSIONS: readonly TlsVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/** OpenSSL's suites of TLS 1.3. Node turns 1.3 off when a cipher list names none. */
const SUITES = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";

/** OpenSSL's own name for its default list. */
const CIPHERS = "DEFAULT";

/** Whether minimum and maximum leave any version. */
export function leavesVersions(settings: TlsSettings): boolean {
  const { minVersion, maxVersion } = settings;
  if (minVersion === undefined || maxVersion === undefined) return true;
  return VERSIONS.indexOf(minVersion) <= VERSIONS.indexOf(maxVersion);
}

/** What a line sets itself, completed by the defaults of `global`. */
export function withDefaults(settings: TlsSettings, defaults: TlsSettings): TlsSettings {
  return { ...defaults, ...settings };
}

/** The settings as Node's options of a secure context. */
export function contextOptions(settings: TlsSettings): tls.SecureContextOptions {
  const { minVersion, maxVersion, ciphers, ciphersuites, curves, noTickets } = settings;
  // HAProxy's minimum (`ssl-min-ver`), unless the maximum is below it.
  const min =
    minVersion ?? (maxVersion === "TLSv1" || maxVersion === "TLSv1.1" ? "TLSv1" : "TLSv1.2");
  return {
    minVersion: min,
    ...(maxVersion && { maxVersion }),
    ciphers: `${ciphersuites ?? SUITES}:${ciphers ?? CIPHERS}`,
    ...(curves !== undefined && { ecdhCurve: curves }),
    ...(noTickets === true && { secureOptions: constants.SSL_OP_NO_TICKET }),
    honorCipherOrder: true,
  };
}
