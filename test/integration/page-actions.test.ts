// Actions of a statistics page: who may act, and forms that are slow, too large or of other sites.
import { describe, expect, test } from "vitest";
import { connect, type PageAnswer, parseCsv, request } from "../interop/stats-harness.ts";
import { freePorts } from "../support/ports.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";

const READY_MS = 20_000;

interface Started {
  readonly page: number;
  readonly relay: number;
  readonly tandem: Tandem;
}

function config(page: number, relay: number, ...lines: readonly string[]): string {
  return `
defaults
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  timeout http-request 300
listen be
  mode tcp
  bind 127.0.0.1:${relay}
  server b1 127.0.0.1:9
  server b2 127.0.0.1:9
listen page
  mode http
  bind 127.0.0.1:${page}
  stats uri /s
  ${lines.join("\n  ")}
`;
}

async function start(...lines: readonly string[]): Promise<Started> {
  const [page, relay] = await freePorts(2);
  const text = config(page!, relay!, ...lines);
  const tandem = await startTandem({ config: text, readyTimeoutMs: READY_MS });
  return { page: page!, relay: relay!, tandem };
}

const DRAIN = "s=b1&action=drain&b=be";

async function post(
  page: number,
  headers: Readonly<Record<string, string>> = {},
  body = DRAIN,
): Promise<PageAnswer> {
  return request(page, "/s", { method: "POST", headers }, body);
}

async function statusOf(page: number, server: string): Promise<string | undefined> {
  const { body } = await request(page, "/s;csv");
  return parseCsv(body).get(`be/${server}`)?.get("status");
}

/** All that a connection gets until it ends. */
async function exchangeRaw(port: number, text: string): Promise<string> {
  const socket = connect(port);
  let answer = "";
  socket.on("data", (part) => (answer += part.toString("latin1")));
  socket.write(text);
  await waitFor(() => socket.destroyed || socket.readableEnded, { what: "the end" });
  return answer;
}

describe("actions of a statistics page", () => {
  test("need an account, a rule and a page of the same origin", async () => {
    const { page, tandem } = await start("stats admin if { src 127.0.0.2 }");
    expect((await post(page)).headers.location).toBe("/s;st=DENY");
    expect((await request(page, "/s;table")).body).not.toContain("<form");
    const options = { localAddress: "127.0.0.2", method: "POST" };
    const allowed = await request(page, "/s", options, DRAIN);
    expect(allowed.headers.location).toBe("/s;st=DONE");
    expect(await statusOf(page, "b1")).toBe("DRAIN");
    const seen = await request(page, "/s;table", { localAddress: "127.0.0.2" });
    expect(seen.body).toContain('<form method="post">');
    expect(tandem.process.stderr()).toMatch(/"from":"127\.0\.0\.2:\d+","action":"drain"/);
    const headers = { origin: "http://evil.example" };
    const foreign = await request(page, "/s", { ...options, headers }, DRAIN);
    expect(foreign.headers.location).toBe("/s;st=DENY");
    const own = { origin: `http://127.0.0.1:${page}` };
    const back = "s=b1&action=ready&b=be";
    const fromPage = await request(page, "/s", { ...options, headers: own }, back);
    expect(fromPage.headers.location).toBe("/s;st=DONE");
    expect(await statusOf(page, "b1")).toBe("no check");
  });

  test("follow a reload that takes the right away", async () => {
    const { page, relay, tandem } = await start("stats admin if TRUE");
    expect((await post(page)).headers.location).toBe("/s;st=DONE");
    tandem.rewrite(config(page, relay, "stats auth a:b", "stats admin if FALSE"));
    expect((await tandem.reload()).code).toBe(0);
    expect((await post(page)).status).toBe(401);
    const authorization = `Basic ${Buffer.from("a:b").toString("base64")}`;
    expect((await post(page, { authorization })).headers.location).toBe("/s;st=DENY");
  });

  test("wait for a form no longer than for a request, and read no more than fits", async () => {
    const { page } = await start("stats admin if TRUE");
    const head = "POST /s HTTP/1.1\r\nhost: x\r\n";
    const slow = await exchangeRaw(page, `${head}content-length: 30\r\n\r\ns=b1&action=drain`);
    expect(slow).toMatch(/^HTTP\/1\.1 408 /);
    const announced = await exchangeRaw(page, `${head}content-length: 99999999\r\n\r\ns=b1`);
    expect(announced).toContain("location: /s;st=EXCD");
    const chunk = `4000\r\n${"a".repeat(0x4000)}\r\n`;
    const chunked = await exchangeRaw(page, `${head}transfer-encoding: chunked\r\n\r\n${chunk}`);
    expect(chunked).toContain("location: /s;st=EXCD");
    const broken = await exchangeRaw(page, `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`);
    expect(broken).toMatch(/^HTTP\/1\.1 400 |^$/);
    expect(await statusOf(page, "b1")).toBe("no check");
    expect((await post(page)).headers.location).toBe("/s;st=DONE");
  });

  test("leave the connection open for the page that follows", async () => {
    const { page } = await start("stats admin if TRUE");
    const socket = connect(page);
    let answers = "";
    socket.on("data", (part) => (answers += part.toString("latin1")));
    socket.write(`POST /s HTTP/1.1\r\nhost: x\r\ncontent-length: ${DRAIN.length}\r\n\r\n${DRAIN}`);
    await waitFor(() => answers.includes("st=DONE"), { what: "the answer" });
    socket.write("GET /s;csv HTTP/1.1\r\nhost: x\r\n\r\n");
    await waitFor(() => answers.includes("be,b1"), { what: "the page" });
    socket.destroy();
  });
});
