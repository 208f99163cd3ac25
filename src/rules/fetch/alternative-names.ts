// The subject alternative names of a certificate (RFC 5280 §4.2.1.6), which HAProxy has no fetch for.
import { X509Certificate } from "node:crypto";

/** The kinds of names that can be asked for, by the word in a rule; what Node calls them. */
const KINDS: Readonly<Record<string, string>> = {
  dns: "DNS",
  email: "email",
  ip: "IP Address",
  uri: "URI",
};

/** One name, as Node writes it: values that could be mistaken for more than one are JSON strings. */
const ENTRY = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y;

/** What is wrong with the arguments of `ssl_c_san`, or `undefined`. */
export function checkNameKind([kind = ""]: readonly string[]): string | undefined {
  if (kind === "" || Object.hasOwn(KINDS, kind)) return undefined;
  return `expects ${Object.keys(KINDS).join(", ")} or nothing, found '${kind}'`;
}

/**
 * The nth name of a kind, or of any kind when that is empty, from 1 on, or from the end when negative;
 * `undefined` if there is none, or if the certificate cannot be read.
 */
export function alternativeName(der: Uint8Array, kind: string, nth: number): string | undefined {
  const names = splitNames(readNames(der))
    .filter((name) => kind === "" || name.kind === KINDS[kind])
    .map(({ value }) => value);
  return names.at(nth < 0 ? nth : Math.max(nth, 1) - 1);
}

function readNames(der: Uint8Array): string {
  try {
    return new X509Certificate(der).subjectAltName ?? "";
  } catch {
    return "";
  }
}

/** Splits Node's text; what does not look like a name ends it. */
export function splitNames(text: string): { readonly kind: string; readonly value: string }[] {
  const names: { kind: string; value: string }[] = [];
  ENTRY.lastIndex = 0;
  for (let match = ENTRY.exec(text); match !== null; match = ENTRY.exec(text)) {
    const value = match[2]!;
    names.push({ kind: match[1]!, value: value.startsWith('"') ? unquote(value) : value });
  }
  return names;
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
