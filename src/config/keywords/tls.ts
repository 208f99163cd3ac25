// TLS words that bind lines, server lines and `ssl-default-*-options` share.
import type { Mutable } from "../draft.ts";
import type { Line } from "../line.ts";
import type { TlsSettings, TlsVersion } from "../model/tls.ts";

const VERSIONS: ReadonlyMap<string, TlsVersion> = new Map([
  ["TLSv1.0", "TLSv1"],
  ["TLSv1", "TLSv1"],
  ["TLSv1.1", "TLSv1.1"],
  ["TLSv1.2", "TLSv1.2"],
  ["TLSv1.3", "TLSv1.3"],
]);

/** Versions from old to new. */
const ORDER: readonly TlsVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

const WORD_VERSION: Readonly<Record<string, TlsVersion>> = {
  tlsv10: "TLSv1",
  tlsv11: "TLSv1.1",
  tlsv12: "TLSv1.2",
  tlsv13: "TLSv1.3",
};

/** HAProxy's name of a version. */
export function printTlsVersion(version: TlsVersion): string {
  return version === "TLSv1" ? "TLSv1.0" : version;
}

/**
 * Takes the arguments of `ssl-min-ver`, `ssl-max-ver`, `no-tlsv1x`, `force-tlsv1x`, `no-sslv3` or
 * `no-tls-tickets` into `settings`. Returns whether the word is one of these; `context` ends alerts.
 */
export function takeVersionWord(
  line: Line,
  word: string,
  settings: Mutable<TlsSettings>,
  context: string,
): boolean {
  if (word === "ssl-min-ver" || word === "ssl-max-ver") {
    const name = line.take() ?? "";
    const version = VERSIONS.get(name);
    if (version !== undefined)
      settings[word === "ssl-min-ver" ? "minVersion" : "maxVersion"] = version;
    else if (name === "SSLv3") line.alert(`'SSLv3' : not served by Tandem${context}.`);
    else line.alert(`'${name}' : unknown ssl/tls version${context}.`);
    return true;
  }
  if (word === "no-sslv3") return true;
  if (word === "no-tls-tickets") {
    settings.noTickets = true;
    return true;
  }
  if (word === "tls-tickets") {
    settings.noTickets = false;
    return true;
  }
  const match = /^(no|force)-(tlsv1[0-3])$/.exec(word);
  if (match === null) return false;
  const version = WORD_VERSION[match[2]!]!;
  if (match[1] === "force") {
    settings.minVersion = version;
    settings.maxVersion = version;
  } else excludeVersion(settings, version);
  return true;
}

/** `no-tlsv1x`: moves the nearer end of the allowed range past the version. */
function excludeVersion(settings: Mutable<TlsSettings>, version: TlsVersion): void {
  const at = ORDER.indexOf(version);
  const lowest = ORDER.indexOf(settings.minVersion ?? "TLSv1");
  const newer = ORDER[at + 1];
  if (version === "TLSv1.3") settings.maxVersion = ORDER[at - 1]!;
  else if (newer !== undefined && lowest <= at) settings.minVersion = newer;
}

/** `alpn h2,http/1.1`: the names, in order. */
export function parseAlpn(word: string): readonly string[] {
  return word.split(",").filter((name) => name !== "");
}
