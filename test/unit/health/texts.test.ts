import { describe, expect, test } from "vitest";
import { parseAgentReply, reportAgentReply } from "../../../src/health/agent-reply.ts";
import {
  describeChange,
  describeCheck,
  describeDrain,
  describeDrainEnd,
  describeMaintenance,
  describeNoServer,
  describeReturn,
} from "../../../src/health/describe.ts";
import { decodeHttpHead, readHttpBody } from "../../../src/health/http-answer.ts";
import {
  compilePattern,
  parseHeaderPattern,
  parseStatusRanges,
} from "../../../src/health/pattern.ts";
import { failed, passed } from "./fixtures.ts";

const s1 = { key: "be/s1", backup: false, logChecks: false };
const none = { active: 0, backup: 0, sessions: 0, requeued: 0, queued: 0 };

// Every expected line stands in the log of HAProxy 2.6.12.
describe("describeChange()", () => {
  test("gives reason, counts and queue of a server that goes down", () => {
    const info = "Connection refused at initial connection step of tcp-check";
    const cause = { kind: "check", report: { ...failed, info } } as const;
    expect(describeChange({ ...s1, key: "be/b3" }, "down", cause, none)).toBe(
      'Server be/b3 is DOWN, reason: Layer4 connection problem, info: "Connection refused at ' +
        'initial connection step of tcp-check", check duration: 0ms. 0 active and 0 backup ' +
        "servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    );
  });

  test("leaves the reason to the check's own line with log-health-checks", () => {
    const cause = { kind: "check", report: passed } as const;
    expect(describeChange({ ...s1, logChecks: true }, "up", cause, { ...none, active: 1 })).toBe(
      "Server be/s1 is UP. 1 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.",
    );
  });

  test("names backup servers, commands and tracked servers", () => {
    const backup = { key: "b1/s2", backup: true, logChecks: false };
    const forced = { kind: "forced", text: "changed from CLI" } as const;
    expect(describeChange(backup, "stopping", forced, { ...none, active: 2 })).toBe(
      "Backup Server b1/s2 is stopping, changed from CLI. 2 active and 0 backup servers online. " +
        "0 sessions requeued, 0 total in queue.",
    );
    const tracked = { kind: "tracked", via: "b2/x" } as const;
    const counts = { ...none, backup: 1, sessions: 3, requeued: 2, queued: 1 };
    expect(describeChange({ ...s1, key: "b1/t1" }, "down", tracked, counts)).toBe(
      "Server b1/t1 is DOWN via b2/x. 0 active and 1 backup servers left. Running on backup. " +
        "3 sessions active, 2 requeued, 1 remaining in queue.",
    );
  });

  test("gives code and escaped info, and no duration that was not measured", () => {
    const report = {
      ok: false,
      code: "L7STS",
      status: 0,
      info: "TCPCHK did not match content '2<>\"' at step 1\r\n",
      durationMs: -1,
    } as const;
    expect(describeChange(s1, "down", { kind: "check", report }, none)).toContain(
      "reason: Layer7 wrong status, code: 0, info: \"TCPCHK did not match content '2<3C><3E><22>' " +
        'at step 1". 0 active',
    );
  });
});

describe("describeCheck()", () => {
  test("tells how far the counter is", () => {
    expect(describeCheck(s1, false, failed, { health: 3, rise: 2, fall: 3 }, false)).toBe(
      'Health check for server be/s1 failed, reason: Layer4 connection problem, info: "Connection ' +
        'refused", check duration: 0ms, status: 2/3 UP.',
    );
    expect(
      describeCheck({ ...s1, backup: true }, false, passed, { health: 1, rise: 2, fall: 3 }, false),
    ).toBe(
      "Health check for backup server be/s1 succeeded, reason: Layer4 check passed, " +
        "check duration: 0ms, status: 1/2 DOWN.",
    );
    const report = { ok: true, code: "L7OKC", status: 404, info: "", durationMs: 0.9 } as const;
    expect(describeCheck(s1, true, report, { health: 1, rise: 1, fall: 1 }, true)).toBe(
      "Agent check for server be/s1 conditionally succeeded, reason: Layer7 check conditionally " +
        "passed, code: 404, check duration: 0ms, status: 1/1 DRAIN.",
    );
  });
});

describe("lines of administration", () => {
  test("read as HAProxy's", () => {
    const left = { ...none, active: 1, backup: 1 };
    expect(describeMaintenance(s1, false, left, "b1/s1")).toBe(
      "Server be/s1 is going DOWN for maintenance via b1/s1. 1 active and 1 backup servers left. " +
        "0 sessions active, 0 requeued, 0 remaining in queue.",
    );
    expect(describeMaintenance(s1, true, left)).toBe(
      "Server be/s1 was DOWN and now enters maintenance.",
    );
    const state = { up: true, draining: false, inherited: false };
    expect(describeReturn(s1, state)).toBe(
      "Server be/s1 is UP/READY (leaving forced maintenance).",
    );
    expect(describeReturn(s1, { ...state, inherited: true })).toBe(
      "Server be/s1 is UP/READY (leaving maintenance).",
    );
    expect(describeDrain(s1, left)).toBe(
      "Server be/s1 enters drain state. 1 active and 1 backup servers online. " +
        "0 sessions requeued, 0 total in queue.",
    );
    expect(describeDrainEnd(s1, true)).toBe("Server be/s1 is UP (leaving forced drain).");
    expect(describeNoServer("backend", "be")).toBe("backend be has no server available!");
    expect(describeNoServer("listen", "be")).toBe("proxy be has no server available!");
  });
});

describe("parseAgentReply()", () => {
  const cases: readonly (readonly [string, object, string, string])[] = [
    ["up", { health: { up: true, word: "up" } }, "L7OK", "via agent : up"],
    ["UP", { health: { up: true, word: "UP" } }, "L7OK", "via agent : UP"],
    ["down #sick man", { description: "sick man" }, "L7STS", "via agent : down (sick man)"],
    ["stopped", { health: { up: false, word: "stopped" } }, "L7STS", "via agent : stopped"],
    ["up down", { health: { up: false, word: "down" } }, "L7STS", "via agent : down"],
    ["50%", { weightPercent: 50 }, "CHECKED", ""],
    [
      "ready up 75% maxconn:30",
      { admin: "ready", weightPercent: 75, maxconn: 30 },
      "L7OK",
      "via agent : up",
    ],
    ["up,50%\tready", { admin: "ready", weightPercent: 50 }, "L7OK", "via agent : up"],
    ["50", { unknown: "50" }, "CHECKED", "agent reports an error : 50"],
    ["50%x", {}, "CHECKED", "agent warns : Trailing garbage in weight string"],
    ["maxconn:x", {}, "CHECKED", "agent warns : maxconn string empty or preceded by garbage"],
    ["", { description: "" }, "CHECKED", ""],
  ];
  test.each(cases)("reads %j", (text, wanted, code, info) => {
    const reply = parseAgentReply(text);
    expect(reply).toMatchObject(wanted);
    expect(reportAgentReply(reply, 1)).toMatchObject({ code, info });
  });
});

describe("decodeHttpHead()", () => {
  test("waits for the end of the head and gives up at the first bad line", () => {
    expect(decodeHttpHead("")).toEqual({ kind: "need-more" });
    expect(decodeHttpHead("HTTP/1.1 200 OK\r\nA: b\r\n")).toEqual({ kind: "need-more" });
    expect(decodeHttpHead("SSH-2.0")).toEqual({ kind: "malformed" });
    expect(decodeHttpHead("HTTP/1.1 OK\r\n")).toEqual({ kind: "malformed" });
    expect(decodeHttpHead("HTTP/1.1 200 OK\r\nnonsense\r\n")).toEqual({ kind: "malformed" });
  });

  test("skips interim responses", () => {
    const decoded = decodeHttpHead("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 503\n\nx");
    expect(decoded).toMatchObject({ kind: "head", head: { status: 503, reason: "" } });
  });

  test("bounds the body by length, by chunks or by the end", () => {
    const bodyOf = (text: string, ended = false) => {
      const decoded = decodeHttpHead(text);
      if (decoded.kind !== "head") throw new Error("The head is complete");
      return readHttpBody(text, decoded.head, ended);
    };
    const length = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    expect(bodyOf(`${length}ab`)).toEqual({ text: "ab", complete: false });
    expect(bodyOf(`${length}abcd`)).toEqual({ text: "abc", complete: true });
    const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(bodyOf(`${chunked}3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n`)).toEqual({
      text: "abcde",
      complete: true,
    });
    expect(bodyOf(`${chunked}3\r\nab`)).toEqual({ text: "ab", complete: false });
    expect(bodyOf("HTTP/1.1 200 OK\r\n\r\nxyz")).toEqual({ text: "xyz", complete: false });
    expect(bodyOf("HTTP/1.1 200 OK\r\n\r\nxyz", true)).toEqual({ text: "xyz", complete: true });
  });
});

describe("patterns", () => {
  test("compilePattern() understands leading options and refuses what is no expression", () => {
    expect(compilePattern("(?i)^ok")?.test("OK")).toBe(true);
    expect(compilePattern("^ok")?.test("OK")).toBe(false);
    expect(compilePattern("(")).toBeUndefined();
  });

  test("parseStatusRanges() reads lists and ranges only", () => {
    expect(parseStatusRanges("200-399,404")).toEqual([
      [200, 399],
      [404, 404],
    ]);
    expect(parseStatusRanges("2xx")).toBeUndefined();
  });

  test("parseHeaderPattern() reads names and values with their methods", () => {
    const pattern = parseHeaderPattern("name -m beg x- value -m sub a b")!;
    expect(pattern.matchesName("X-Broker")).toBe(true);
    expect(pattern.matchesValue?.("1 a b 2")).toBe(true);
    expect(pattern.matchesValue?.("ab")).toBe(false);
    expect(parseHeaderPattern("name x")?.matchesValue).toBeUndefined();
    expect(parseHeaderPattern("nonsense")).toBeUndefined();
  });
});
