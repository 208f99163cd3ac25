// One request to a statistics page: reads its body where the answer depends on it, and answers.
import type { IncomingMessage, ServerResponse } from "node:http";
import { STATS_FORM_BYTES_MAX } from "../../limits.ts";
import { REQUEST_TIMEOUT, type StatsAnswer } from "../../stats/answer.ts";
import { answerStats, needsBody, type StatsRequest, type StatsView } from "../../stats/request.ts";
import { monotonicMs } from "../clock.ts";
import type { PageConnection } from "./page-connection.ts";
import type { PieceSender } from "./piece-sender.ts";

/** What requests need of their server. */
export interface PageRequestHost {
  /** The statistics as this client may see them now. */
  view(connection: PageConnection, nowMs: number): StatsView;
  readonly pieces: PieceSender;
}

/** A request with the means to answer it. */
interface Exchange {
  readonly connection: PageConnection;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers a request whose header is there. */
export function serveRequest(exchange: Exchange, host: PageRequestHost): void {
  const { connection, request } = exchange;
  connection.page.requested(monotonicMs());
  const { stats } = connection.listener.proxy;
  if (stats === undefined) return connection.destroy();
  const asked = requestOf(request, undefined);
  if (!needsBody(asked, stats, host.view(connection, monotonicMs()))) {
    answer(exchange, asked, host);
    return;
  }
  let isOver = false;
  connection.bodyAwaited(() => {
    isOver = true;
    send(exchange, REQUEST_TIMEOUT, host);
  });
  readBody(request, (body) => {
    if (isOver) return;
    isOver = true;
    answer(exchange, requestOf(request, body), host);
  });
}

/** Decides anew: a reload may have changed the page while its body came. */
function answer(exchange: Exchange, asked: StatsRequest, host: PageRequestHost): void {
  const { connection } = exchange;
  const { stats } = connection.listener.proxy;
  if (stats === undefined) return connection.destroy();
  const view = host.view(connection, monotonicMs());
  send(exchange, answerStats(asked, stats, view), host);
}

function requestOf(request: IncomingMessage, body: StatsRequest["body"]): StatsRequest {
  const { method = "", url = "", headers } = request;
  const fetchSite: unknown = headers["sec-fetch-site"];
  return {
    method,
    target: url,
    body,
    authorization: headers.authorization,
    ifNoneMatch: headers["if-none-match"],
    host: headers.host,
    origin: headers.origin,
    referer: headers.referer,
    fetchSite: typeof fetchSite === "string" ? fetchSite : undefined,
  };
}

/** Calls back once, unless the client goes. What is too long is not read to its end. */
function readBody(request: IncomingMessage, done: (body: StatsRequest["body"]) => void): void {
  if (Number(request.headers["content-length"] ?? 0) > STATS_FORM_BYTES_MAX) {
    done("exceeded");
    return;
  }
  const parts: Buffer[] = [];
  let length = 0;
  request.on("data", (part: Buffer) => {
    length += part.length;
    if (length <= STATS_FORM_BYTES_MAX) {
      parts.push(part);
      return;
    }
    parts.length = 0;
    request.pause();
    done("exceeded");
  });
  request.on("end", () => done({ text: Buffer.concat(parts).toString("utf8") }));
}

function send(
  { connection, request, response }: Exchange,
  what: StatsAnswer,
  host: PageRequestHost,
): void {
  connection.requestCame();
  connection.page.answered(what.status, monotonicMs());
  // What was not read is not looked at; the connection ends with the answer instead.
  if (hasBody(request) && !request.complete) response.shouldKeepAlive = false;
  response.once("finish", () => connection.answerSent());
  response.sendDate = false;
  const { pieces, body, headers, status, reason } = what;
  const isHead = request.method === "HEAD";
  // An answer without a body says nothing of the length of the one that it stands for.
  if (status === 304) {
    response.writeHead(status, reason, headers);
    response.end();
    return;
  }
  if (pieces === undefined) {
    response.writeHead(status, reason, { "content-length": Buffer.byteLength(body), ...headers });
    response.end(isHead ? undefined : body);
    return;
  }
  response.writeHead(status, reason, headers);
  if (isHead) response.end();
  else host.pieces.send(response, pieces);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
