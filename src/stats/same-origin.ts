// Whether a form was sent by a page of ours: a browser that is logged in here would otherwise also
// act for a page of anybody else (OWASP, Cross-Site Request Forgery Prevention, "Verifying origin").

/** The headers that tell where a request comes from; a script of an operator sends none. */
export interface OriginHeaders {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly referer: string | undefined;
  /** `Sec-Fetch-Site`. */
  readonly fetchSite: string | undefined;
}

/** Whether nothing says that it comes from elsewhere. */
export function isSameOrigin({ host, origin, referer, fetchSite }: OriginHeaders): boolean {
  if (fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none") return false;
  const source = origin ?? referer;
  if (source === undefined) return true;
  const from = parse(source);
  if (from === undefined || host === undefined) return false;
  // With the scheme of the source, so that a default port is left out on both sides or on neither.
  return from.host === parse(`${from.protocol}//${host}`)?.host;
}

/** `undefined` also for `null`, the origin of documents that have none. */
function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
