import { describe, expect, test } from "vitest";
import { INSPECT_DELAY_DEFAULT_MS } from "../../../src/limits.ts";
import { Bench } from "./bench.ts";

function bench(rules: string, timeouts = "timeout client 10s"): Bench {
  return new Bench(
    `listen in
       mode tcp
       ${timeouts}
       timeout connect 1s
       bind :1883
       ${rules}
       server s 127.0.0.1:1`,
  );
}

const WAITS = `tcp-request inspect-delay 2s
  tcp-request content reject if { req.len gt 5 }
  tcp-request content accept if { req.len gt 2 }`;

describe("a session without rules on first bytes", () => {
  test("connects at once and asks for none", () => {
    expect(bench("").accept().take()).toEqual(["connect 127.0.0.1:1"]);
  });
});

describe("a session that inspects", () => {
  test("waits byte by byte until a rule can decide", () => {
    const client = bench(
      "tcp-request inspect-delay 2s\n tcp-request content accept if { req.len gt 2 }",
    ).accept();
    expect(client.take()).toEqual(["inspect-client"]);
    for (const byte of "ab") expect(client.send(byte).take()).toEqual([]);
    expect(client.send("c").take()).toEqual(["connect 127.0.0.1:1"]);
  });

  test("is judged on what there is when the client closes its half", () => {
    const client = bench(WAITS).accept().send("ab");
    expect(client.state).toBe("inspecting");
    client.finish();
    expect(client.state).toBe("connecting");
  });

  test("is judged when the delay is over, counted from the first wait", () => {
    const made = bench(WAITS);
    const client = made.accept();
    made.advance(1_500);
    client.send("ab");
    made.advance(499);
    expect(client.state).toBe("inspecting");
    made.advance(1);
    expect(client.state).toBe("connecting");
  });

  test("is judged when no more can be held", () => {
    const made = bench(
      `tcp-request inspect-delay 2s
       #tandem tcp-request inspect-limit 1024
       tcp-request content accept if { req.payload(0,2000) -m found }
       tcp-request content reject`,
    );
    const client = made.accept();
    const { bytesMax } = client.effects[0] as { bytesMax: number };
    client.send("x".repeat(bytesMax - 1));
    expect(client.state).toBe("inspecting");
    client.send("x");
    expect(client.take().slice(1)).toEqual(["close finish", "log PR", "ended"]);
  });

  test("waits for a while even without a delay of the configuration", () => {
    const made = bench("tcp-request content reject unless { req.len gt 0 }");
    const late = made.accept();
    expect(late.state).toBe("inspecting");
    made.advance(INSPECT_DELAY_DEFAULT_MS);
    expect(late.take().slice(1)).toEqual(["close finish", "log PR", "ended"]);
  });

  test("ends with cR when the client is silent for its timeout first", () => {
    const made = bench(WAITS, "timeout client 500ms");
    const client = made.accept();
    made.advance(400);
    client.send("a");
    made.advance(499);
    expect(client.state).toBe("inspecting");
    made.advance(1);
    expect(client.take().slice(1)).toEqual(["close finish", "log cR", "ended"]);
    expect(client.logged).toBe("in/<NOSRV> -1/-1/900 0 cR 0 0/0");
  });

  test("ends with CR and asks for nothing more when the client breaks off", () => {
    const made = bench(WAITS);
    const client = made.accept().send("ab");
    client.reset();
    expect(client.take().slice(1)).toEqual(["log CR", "ended"]);
    expect(made.frontend("in").counters.bytesIn).toBe(2);
  });

  test("acts on each rule once, however often it waits", () => {
    const made = bench(
      `stick-table type ip size 10 expire 1m store gpc0
       tcp-request inspect-delay 2s
       tcp-request content track-sc0 src
       tcp-request content sc-inc-gpc0(0)
       tcp-request content accept if { req.len gt 2 }`,
    );
    const client = made.accept().send("a").send("b").send("c");
    expect(client.session.context.tracked(0)?.read("gpc0", 0, made.nowMs)).toBe(1);
  });
});

describe("a rule that rejects", () => {
  test("ends the session with PR, counted with its bytes in the frontend", () => {
    const made = bench(`${WAITS}\n option dontlognull`);
    const client = made.accept().send("123456");
    expect(client.take()).toEqual(["inspect-client", "close finish", "log PR", "ended"]);
    expect(client.logged).toBe("in/<NOSRV> -1/-1/0 0 PR 0 0/0");
    const { counters } = made.frontend("in");
    expect(counters).toMatchObject({ deniedRequests: 1, bytesIn: 6, bytesOut: 0 });
    expect(made.backend("in").counters.sessions.current).toBe(0);
  });

  test("may do so without a word to the client", () => {
    const client = bench("tcp-request content silent-drop").accept();
    expect(client.take()).toEqual(["close silent", "log PR", "ended"]);
  });
});

describe("two inspecting proxies", () => {
  const text = (ofBackend: string): string => `
    frontend in
      mode tcp
      timeout client 10s
      bind :1883
      tcp-request inspect-delay 400ms
      tcp-request content accept if { req.len gt 50 }
      default_backend out
    backend out
      mode tcp
      timeout connect 1s
      ${ofBackend}
      server s 127.0.0.1:1`;

  test("wait one after the other, each by its own delay", () => {
    const made = new Bench(
      text("tcp-request inspect-delay 300ms\n tcp-request content accept if { req.len gt 50 }"),
    );
    const client = made.accept().send("abc");
    made.advance(400);
    expect(client.state).toBe("inspecting");
    expect(made.backend("out").counters.sessions.current).toBe(1);
    made.advance(299);
    expect(client.state).toBe("inspecting");
    made.advance(1);
    expect(client.state).toBe("connecting");
  });

  test("wait once when the second has no delay of its own", () => {
    const made = new Bench(text("tcp-request content accept if { req.len gt 50 }"));
    const client = made.accept().send("abc");
    made.advance(400);
    expect(client.state).toBe("connecting");
  });

  test("both count what the second rejects", () => {
    const made = new Bench(text("tcp-request content reject if { req.len gt 2 }"));
    const client = made.accept().send("abc");
    made.advance(400);
    expect(client.logged).toBe("out/<NOSRV> -1/-1/400 0 PR 0 0/0");
    expect(made.frontend("in").counters.deniedRequests).toBe(1);
    expect(made.backend("out").counters).toMatchObject({ deniedRequests: 1, bytesIn: 3 });
  });
});
