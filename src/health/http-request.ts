// Requests of `option httpchk` and `http-check send`, as HAProxy writes them: names of headers in
// lower case, the length and `connection: close` at the end.

/** What a request is made of. */
export interface HttpRequestParts {
  readonly method: string;
  readonly uri: string;
  /** `HTTP/1.0` or `HTTP/1.1`. */
  readonly version: string;
  readonly headers: readonly (readonly [string, string])[];
  /** One character a byte. */
  readonly body?: string;
}

/** Encodes one request. */
export function httpRequestBytes(parts: HttpRequestParts): Uint8Array {
  const lines = [`${parts.method} ${parts.uri} ${parts.version}`];
  for (const [name, value] of parts.headers) {
    const lower = name.toLowerCase();
    // These two follow from the body and the version; a second copy would contradict them.
    if (lower === "connection" || lower === "content-length") continue;
    lines.push(`${lower}: ${value}`);
  }
  const body = parts.body ?? "";
  if (body !== "") lines.push(`content-length: ${body.length}`);
  if (parts.version === "HTTP/1.1") lines.push("connection: close");
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
}
