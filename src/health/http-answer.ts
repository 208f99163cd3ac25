// Answers to `option httpchk`. Just enough of HTTP/1 (RFC 9112 §4, §5, §6) to judge one response.

/** A response's head. */
export interface HttpHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Where the body starts. */
  readonly bodyStart: number;
}

/** What the bytes received so far amount to. */
export type HttpDecoded =
  | { readonly kind: "need-more" }
  | { readonly kind: "head"; readonly head: HttpHead }
  | { readonly kind: "malformed" };

/** Decodes the head of a response given as latin1 text. Interim 1xx responses are skipped. */
export function decodeHttpHead(text: string): HttpDecoded {
  let start = 0;
  for (;;) {
    const decoded = decodeHeadAt(text, start);
    if (decoded.kind !== "head" || decoded.head.status >= 200 || decoded.head.status === 101) {
      return decoded;
    }
    start = decoded.head.bodyStart;
  }
}

/** A line that cannot be right condemns the response before its head is complete. */
function decodeHeadAt(text: string, start: number): HttpDecoded {
  let statusLine: RegExpExecArray | undefined;
  const headers: (readonly [string, string])[] = [];
  let at = start;
  for (;;) {
    const end = text.indexOf("\n", at);
    if (end < 0) {
      const isHopeless = statusLine === undefined && !isStatusLinePrefix(text.slice(start));
      return { kind: isHopeless ? "malformed" : "need-more" };
    }
    const line = text.slice(at, text[end - 1] === "\r" && end > at ? end - 1 : end);
    at = end + 1;
    if (statusLine === undefined) {
      const found = /^HTTP\/1\.\d (\d{3})(?: (.*))?$/.exec(line);
      if (found === null) return { kind: "malformed" };
      statusLine = found;
      continue;
    }
    if (line === "") break;
    const colon = line.indexOf(":");
    if (colon <= 0) return { kind: "malformed" };
    headers.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
  }
  const status = Number(statusLine[1]);
  return { kind: "head", head: { status, reason: statusLine[2] ?? "", headers, bodyStart: at } };
}

/** Whether more bytes could still make a status line of this. */
function isStatusLinePrefix(text: string): boolean {
  const model = "HTTP/1.";
  return model.startsWith(text.slice(0, model.length));
}

/** The body received so far, and whether it is all of it. */
export interface HttpBody {
  readonly text: string;
  readonly complete: boolean;
}

/** Reads the body behind `head`; without a length it ends with the connection. */
export function readHttpBody(text: string, head: HttpHead, ended: boolean): HttpBody {
  const rest = text.slice(head.bodyStart);
  if (head.status === 204 || head.status === 304) return { text: "", complete: true };
  if (/\bchunked\b/i.test(headerOf(head, "transfer-encoding") ?? "")) return unchunk(rest, ended);
  const length = headerOf(head, "content-length");
  if (length === undefined || !/^\d{1,15}$/.test(length)) return { text: rest, complete: ended };
  const bytes = Number(length);
  return { text: rest.slice(0, bytes), complete: ended || rest.length >= bytes };
}

function headerOf(head: HttpHead, name: string): string | undefined {
  return head.headers.find((header) => header[0].toLowerCase() === name)?.[1];
}

function unchunk(rest: string, ended: boolean): HttpBody {
  let body = "";
  let at = 0;
  for (;;) {
    const found = /^([0-9a-fA-F]{1,7})[^\n]*\n/.exec(rest.slice(at, at + 256));
    if (found === null) return { text: body, complete: ended };
    const bytes = Number.parseInt(found[1]!, 16);
    if (bytes === 0) return { text: body, complete: true };
    const start = at + found[0].length;
    body += rest.slice(start, start + bytes);
    if (rest.length < start + bytes) return { text: body, complete: ended };
    at = start + bytes + (rest[start + bytes] === "\r" ? 2 : 1);
  }
}
