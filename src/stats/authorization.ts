// HTTP's Basic authentication (RFC 7617) against the accounts of `stats auth`.
import { createHash, timingSafeEqual } from "node:crypto";
import type { StatsSettings } from "../config/model/proxy.ts";

/** Whether an `Authorization` header names an account; without accounts nobody is asked. */
export function isAuthorized(auth: StatsSettings["auth"], header: string | undefined): boolean {
  if (auth.length === 0) return true;
  const given = credentialsOf(header);
  if (given === undefined) return false;
  // As in HAProxy, the first line about a user counts.
  const account = auth.find(({ user }) => user === given.user);
  // An unknown user costs a comparison, too, so that the time tells nothing.
  return equals(account?.password ?? "", given.password) && account !== undefined;
}

function credentialsOf(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Compares digests, which are of one length, in constant time. */
function equals(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
