import { describe, expect, test } from "vitest";
import type { Bind } from "../../../src/config/model/bind.ts";
import type { FrontendSide } from "../../../src/config/model/proxy.ts";
import {
  describeBadHeader,
  describeFailedHandshake,
  describeListener,
  describeMissingHeader,
} from "../../../src/session/opening-failure.ts";

const reason = "no line end";

test("describeBadHeader() tells what is no header from a bad one", () => {
  expect(describeBadHeader({ kind: "malformed", reason, isForeign: true })).toBe(
    "Received something which does not look like a PROXY protocol header",
  );
  expect(describeBadHeader({ kind: "malformed", reason })).toBe(
    "Received an invalid PROXY protocol header (no line end)",
  );
});

test("describeMissingHeader() knows a header that has begun only when the client closes", () => {
  expect(describeMissingHeader({ kind: "closed" }, true)).toMatch(/^Truncated PROXY/);
  expect(describeMissingHeader({ kind: "closed" }, false)).toMatch(/^Connection closed while/);
  expect(describeMissingHeader({ kind: "timeout" }, true)).toMatch(/^Timeout while/);
  expect(describeMissingHeader({ kind: "error", reason }, true)).toMatch(/^Connection error while/);
});

test("describeFailedHandshake() takes the reason out of OpenSSL's message", () => {
  const message =
    "808C9015527F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:" +
    "../deps/openssl/openssl/ssl/record/ssl3_record.c:350:\n";
  expect(describeFailedHandshake({ kind: "error", reason: message })).toBe(
    "SSL handshake failure (wrong version number)",
  );
  expect(describeFailedHandshake({ kind: "error", reason: "read ECONNRESET" })).toBe(
    "SSL handshake failure (read ECONNRESET)",
  );
});

describe("describeListener()", () => {
  const lines = (...binds: { name?: string; id?: number }[]): string[] => {
    const side = { binds: binds as unknown as readonly Bind[] } as FrontendSide;
    return side.binds.map((bind) => describeListener("fe", side, bind));
  };

  test("prefers the name to the number", () => {
    expect(lines({}, { name: "public", id: 7 }, {})).toEqual(["fe/1", "fe/public", "fe/2"]);
  });

  test("numbers the lines in order, around the numbers that are written", () => {
    const numbers = ["fe/2", "fe/3", "fe/4", "fe/1", "fe/5"];
    expect(lines({ id: 2 }, {}, {}, { id: 1 }, {})).toEqual(numbers);
  });
});
