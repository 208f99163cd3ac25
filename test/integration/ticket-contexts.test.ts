// How Node is given ticket keys, where it can take several and where it cannot.
import { X509Certificate } from "node:crypto";
import tls from "node:tls";
import { describe, expect, test } from "vitest";
import {
  nodeTicketKeys,
  sharedSessionContext,
  useTicketKeys,
} from "../../src/io/tls/ticket-keys.ts";
import { resumedProblem } from "../../src/io/tls/facts.ts";
import { TicketKeyRing } from "../../src/tickets/key-ring.ts";
import { makeAuthority } from "../support/certificates.ts";
import { has } from "../support/programs.ts";

/** A key whose name, AES and HMAC part begin with these letters. */
const key = (name: string, aes: string, hmac: string): Buffer =>
  Buffer.concat([name, aes, hmac].map((part) => Buffer.alloc(16, part)));

const ring = new TicketKeyRing("f", [key("a", "b", "c"), key("d", "e", "f"), key("g", "h", "i")]);

test("the one key of a context is the sealing one, HMAC before AES", () => {
  expect(nodeTicketKeys(ring).toString()).toBe("d".repeat(16) + "f".repeat(16) + "e".repeat(16));
});

test("useTicketKeys() says whether this Node can take several", () => {
  expect(useTicketKeys(tls.createSecureContext(), ring)).toBe(true);
  expect(useTicketKeys({ context: {} }, ring)).toBe(false);
});

test.skipIf(!has("openssl"))("resumedProblem() looks at the end of a certificate", () => {
  const certificate = new X509Certificate(makeAuthority().issue(["device-7"]).cert);
  const endMs = Date.parse(certificate.validTo);
  const of = (
    isResumed: boolean,
    shown?: X509Certificate,
  ): Parameters<typeof resumedProblem>[0] => ({
    isSessionReused: () => isResumed,
    getPeerX509Certificate: () => shown,
  });
  expect(resumedProblem(of(true, certificate), endMs)).toBeUndefined();
  expect(resumedProblem(of(true, certificate), endMs + 1)).toBe("CERT_HAS_EXPIRED");
  expect(resumedProblem(of(false, certificate), endMs + 1)).toBeUndefined();
  expect(resumedProblem(of(true), endMs + 1)).toBeUndefined();
});

describe("sharedSessionContext()", () => {
  test("is that of HAProxy where nobody is asked for a certificate", () => {
    expect(sharedSessionContext("none", { ca: ["x"] })).toBe("haproxy");
  });

  test("depends on what is asked for and on all that is trusted, not on its order", () => {
    const contexts = [
      sharedSessionContext("required", { ca: ["x", "y"] }),
      sharedSessionContext("optional", { ca: ["x", "y"] }),
      sharedSessionContext("required", { ca: ["xy"] }),
      sharedSessionContext("required", { ca: ["x"], crl: ["y"] }),
      sharedSessionContext("required", { crl: ["x", "y"] }),
      sharedSessionContext("required", {}),
    ];
    expect(new Set(contexts).size).toBe(contexts.length);
    expect(sharedSessionContext("required", { ca: [Buffer.from("y"), "x"] })).toBe(contexts[0]);
    for (const context of contexts) expect(context).toHaveLength(32);
  });
});
