// What the statistics page of the installed HAProxy answers to each kind of request, and ours.
import type net from "node:net";
import { describe, expect, test } from "vitest";
import { has, skipNote } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import { connect, type PageAnswer, request, startBoth } from "./stats-harness.ts";

function config(ports: readonly number[]): string {
  return `
global
  maxconn 500
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout http-request 300
listen plain
  bind 127.0.0.1:${ports[0]!}
  stats enable
frontend guarded
  bind 127.0.0.1:${ports[1]!}
  stats uri /stats
  stats realm My\\ Realm
  stats auth ann:one
  stats auth bob:two
  stats auth ann:three
  stats refresh 5s
  stats scope guarded
`;
}

/** Requests by what they show: index of the port, target, method, account, body. */
const REQUESTS: readonly (readonly [
  what: string,
  port: 0 | 1,
  target: string,
  options?: { readonly method?: string; readonly auth?: string; readonly body?: string },
])[] = [
  ["the page", 0, "/haproxy?stats"],
  ["a URI that goes on", 0, "/haproxy?statsmore"],
  ["another URI", 0, "/"],
  ["a part of the URI", 0, "/haproxy"],
  ["the URI in capitals", 0, "/HAPROXY?stats"],
  ["CSV", 0, "/haproxy?stats;csv"],
  ["JSON", 0, "/haproxy?stats;json"],
  ["the typed form", 0, "/haproxy?stats;typed"],
  ["HEAD", 0, "/haproxy?stats;csv", { method: "HEAD" }],
  ["PUT", 0, "/haproxy?stats", { method: "PUT" }],
  ["DELETE", 0, "/haproxy?stats", { method: "DELETE" }],
  ["OPTIONS", 0, "/haproxy?stats", { method: "OPTIONS" }],
  ["an action", 0, "/haproxy?stats", { method: "POST", body: "s=b1&action=drain&b=be" }],
  ["no account", 1, "/stats"],
  ["no account for CSV", 1, "/stats;csv"],
  ["another URI without an account", 1, "/"],
  ["PUT without an account", 1, "/stats", { method: "PUT" }],
  ["an account", 1, "/stats;csv", { auth: "ann:one" }],
  ["another account", 1, "/stats;csv", { auth: "bob:two" }],
  ["the second line about a user", 1, "/stats;csv", { auth: "ann:three" }],
  ["a wrong password", 1, "/stats;csv", { auth: "ann:two" }],
  ["an unknown user", 1, "/stats;csv", { auth: "eve:one" }],
  ["no refresh", 1, "/stats;csv;norefresh", { auth: "ann:one" }],
  ["an action without an account", 1, "/stats", { method: "POST", body: "s=b1" }],
];

/** What must agree: all but the text of the page, and figures that change. */
function essence({ status, headers, body }: PageAnswer): object {
  const isPage = (headers["content-type"] ?? "").startsWith("text/html") && status === 200;
  const firstLine = body.slice(0, body.indexOf("\n"));
  return {
    status,
    type: headers["content-type"]?.replace("; charset=utf-8", ""),
    cache: headers["cache-control"],
    realm: headers["www-authenticate"],
    refresh: headers["refresh"],
    location: headers["location"],
    body: isPage ? "the page" : status === 200 ? firstLine.slice(0, 40) : body,
  };
}

/** Everything that a connection gets that sends `text`, until it is closed. */
async function exchangeRaw(port: number, text: string): Promise<string> {
  const socket: net.Socket = connect(port);
  let answer = "";
  socket.on("data", (part) => (answer += part.toString("latin1")));
  if (text !== "") socket.write(text);
  await waitFor(() => socket.destroyed || socket.readableEnded, { what: "the end" });
  return answer.toLowerCase().split("\r\n").sort().join("\n");
}

describe.skipIf(!has("haproxy"))(
  `the statistics page beside HAProxy's${skipNote("haproxy")}`,
  () => {
    test("answerStats() answers each kind of request as HAProxy does", async () => {
      const [haproxy, tandem] = await startBoth(2, config);
      for (const [what, port, target, { body, ...options } = {}] of REQUESTS) {
        const theirs = await request(haproxy.ports[port]!, target, options, body);
        const ours = await request(tandem.ports[port]!, target, options, body);
        expect(essence(ours), what).toEqual(essence(theirs));
      }
    });

    test("StatsServer refuses what is no request, and who is too slow, as HAProxy does", async () => {
      const [haproxy, tandem] = await startBoth(2, config);
      const texts = {
        garbage: "garbage\r\n\r\n",
        "a header that is too large": `GET /x HTTP/1.1\r\nx: ${"a".repeat(20_000)}\r\n\r\n`,
        "half a request": "GET /haproxy?stats HTTP/1.1\r\nhost:",
        nothing: "",
      };
      for (const [what, text] of Object.entries(texts)) {
        const theirs = await exchangeRaw(haproxy.ports[0]!, text);
        const ours = await exchangeRaw(tandem.ports[0]!, text);
        expect(theirs, what).toMatch(/^http\/1.1 40[08] /m);
        expect(ours, what).toBe(theirs);
      }
    });
  },
);
