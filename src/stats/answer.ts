// Answers to HTTP requests, as data.

/** A status line, headers and a body. */
export interface StatsAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Instead of a body: text of any length, made piece by piece as the client reads. */
  readonly pieces?: Iterable<string>;
}

const HTML = "text/html";

/** A page or document. Nothing of it may be kept by caches. */
export function okAnswer(
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): StatsAnswer {
  return { ...answer(200, "OK", contentType, body), headers: withType(contentType, headers) };
}

/** A text of any length. */
export function piecesAnswer(
  contentType: string,
  pieces: Iterable<string>,
  headers: Readonly<Record<string, string>> = {},
): StatsAnswer {
  return { ...okAnswer(contentType, "", headers), pieces };
}

/** What the client has is what there is (RFC 9110 §15.4.5). */
export function notModifiedAnswer(headers: Readonly<Record<string, string>>): StatsAnswer {
  return { status: 304, reason: "Not Modified", headers, body: "" };
}

/** There is no such thing, or it is not for this client. */
export function refusedAnswer(status: 403 | 404, text: string): StatsAnswer {
  const reason = status === 403 ? "Forbidden" : "Not Found";
  return answer(status, reason, "text/plain", `${text}\n`);
}

/** Sends a browser elsewhere after a form. */
export function seeOtherAnswer(location: string): StatsAnswer {
  const headers = withType("text/plain", { location });
  return { ...answer(303, "See Other", "text/plain", ""), headers };
}

/** What came is no request that we understand, or its header is too large. */
export const BAD_REQUEST: StatsAnswer = errorAnswer(
  400,
  "Bad request",
  "Your browser sent an invalid request.",
);

/** The request was not complete in time. */
export const REQUEST_TIMEOUT: StatsAnswer = errorAnswer(
  408,
  "Request Time-out",
  "Your browser didn't send a complete request in time.",
);

/** HAProxy passes on what is not for its page, and the proxy of a page has no server. */
export const NO_SERVER: StatsAnswer = errorAnswer(
  503,
  "Service Unavailable",
  "No server is available to handle this request.",
);

/** A valid account is needed. */
export function unauthorizedAnswer(realm: string): StatsAnswer {
  const text = "You need a valid user and password to access this content.";
  const refusal = errorAnswer(401, "Unauthorized", text);
  const quoted = realm.replace(/["\\]/g, "\\$&");
  return {
    ...refusal,
    headers: { ...refusal.headers, "www-authenticate": `Basic realm="${quoted}"` },
  };
}

function errorAnswer(status: number, reason: string, text: string): StatsAnswer {
  const body = `<html><body><h1>${status} ${reason}</h1>\n${text}\n</body></html>\n`;
  return answer(status, reason, HTML, body);
}

function answer(status: number, reason: string, contentType: string, body: string): StatsAnswer {
  return { status, reason, headers: withType(contentType, {}), body };
}

function withType(
  contentType: string,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { "cache-control": "no-cache", "content-type": contentType, ...headers };
}
