// Judges an answer by one `expect` rule (haproxy configuration §4.2 `tcp-check expect`,
// `http-check expect`). Answers are latin1 text, one character a byte.
import type { HttpCheckRule, TcpCheckRule } from "../config/model/check.ts";
import { decodeHttpHead, readHttpBody } from "./http-answer.ts";
import type { HttpHead } from "./http-answer.ts";
import { compilePattern, parseHeaderPattern, parseStatusRanges } from "./pattern.ts";

type TcpExpect = Extract<TcpCheckRule, { kind: "expect" }>;
type HttpExpect = Extract<HttpCheckRule, { kind: "expect" }>;

/** What has been received on the connection. */
export interface Answer {
  readonly text: string;
  /** No more will come: the server closed, or the buffer is full. */
  readonly final: boolean;
}

/** A judgement; `layer` says whether a rejection is of the protocol, the content or the status. */
export type Judgement =
  | { readonly kind: "wait" }
  | { readonly kind: "accept"; readonly status: number }
  | {
      readonly kind: "reject";
      readonly reason: string;
      readonly isStatus: boolean;
      readonly status: number;
    };

const WAIT: Judgement = { kind: "wait" };

/** Judges by a rule of `tcp-check`; the reason of a rejection lacks its step. */
export function judgeBytes(rule: TcpExpect, answer: Answer): Judgement {
  const { text, final } = answer;
  if (text === "" && final) return rejectContent("TCPCHK got an empty response");
  const isExact = rule.match === "string" || rule.match === "binary";
  const asked = rule.bytesMin ?? -1;
  const bytesMin = isExact ? Math.min(asked < 0 ? Infinity : asked, rule.pattern.length) : asked;
  if (!final && text.length < bytesMin) return WAIT;
  if (!final && text === "") return WAIT;
  const matched = matchesBytes(rule, text);
  // A pattern that is absent may still come, whether it is wanted or not.
  if (!matched && !final && asked < 0) return WAIT;
  if (matched !== rule.negated) return { kind: "accept", status: 0 };
  const verb = rule.negated ? "matched unwanted content" : "did not match content";
  return rejectContent(`TCPCHK ${verb} ${nameOfPattern(rule)}`);
}

function matchesBytes(rule: TcpExpect, text: string): boolean {
  switch (rule.match) {
    case "string":
    case "binary":
      return text.includes(rule.pattern);
    case "rstring":
      return compilePattern(rule.pattern)?.test(text) ?? false;
    case "rbinary": {
      const hex = Buffer.from(text, "latin1").toString("hex").toUpperCase();
      return compilePattern(rule.pattern)?.test(hex) ?? false;
    }
  }
}

function nameOfPattern(rule: TcpExpect): string {
  switch (rule.match) {
    case "string":
      return `'${rule.pattern}'`;
    case "binary":
      return "(binary)";
    case "rstring":
      return "(regex)";
    case "rbinary":
      return "(binary regex)";
  }
}

/** Judges by a rule of `http-check`, or by the default: any status from 200 to 399. */
export function judgeHttp(rule: HttpExpect | "default", answer: Answer): Judgement {
  const decoded = decodeHttpHead(answer.text);
  if (decoded.kind === "malformed") return rejectContent("");
  if (decoded.kind === "need-more") return answer.final ? rejectContent("") : WAIT;
  const { head } = decoded;
  if (rule === "default") {
    return head.status >= 200 && head.status <= 399 ? accept(head) : rejectStatus(head);
  }
  if (rule.match === "string" || rule.match === "rstring") return judgeBody(rule, head, answer);
  return matchesHead(rule, head) !== rule.negated ? accept(head) : rejectStatus(head);
}

function matchesHead(rule: HttpExpect, head: HttpHead): boolean {
  switch (rule.match) {
    case "status": {
      const ranges = parseStatusRanges(rule.pattern) ?? [];
      return ranges.some(([low, high]) => head.status >= low && head.status <= high);
    }
    case "rstatus":
      return compilePattern(rule.pattern)?.test(String(head.status)) ?? false;
    case "hdr":
    case "fhdr":
      return matchesHeader(rule.match, rule.pattern, head);
    case "string":
    case "rstring":
      return false;
  }
}

/** `hdr` looks at each comma-separated value by itself, `fhdr` at whole header lines. */
function matchesHeader(match: "hdr" | "fhdr", pattern: string, head: HttpHead): boolean {
  const wanted = parseHeaderPattern(pattern);
  if (wanted === undefined) return false;
  for (const [name, line] of head.headers) {
    if (!wanted.matchesName(name)) continue;
    if (wanted.matchesValue === undefined) return true;
    const values = match === "fhdr" ? [line] : line.split(",").map((value) => value.trim());
    if (values.some(wanted.matchesValue)) return true;
  }
  return false;
}

function judgeBody(rule: HttpExpect, head: HttpHead, answer: Answer): Judgement {
  const body = readHttpBody(answer.text, head, answer.final);
  if (body.text === "") {
    const reason = "HTTP content check could not find a response body";
    return body.complete ? rejectContent(reason) : WAIT;
  }
  const matched =
    rule.match === "string"
      ? body.text.includes(rule.pattern)
      : (compilePattern(rule.pattern)?.test(body.text) ?? false);
  if (!matched && !body.complete) return WAIT;
  if (matched !== rule.negated) return accept(head);
  return rejectContent(
    rule.negated ? "HTTP check matched unwanted content" : "HTTP content check did not match",
  );
}

function accept(head: HttpHead): Judgement {
  return { kind: "accept", status: head.status };
}

function rejectContent(reason: string): Judgement {
  return { kind: "reject", reason, isStatus: false, status: 0 };
}

function rejectStatus(head: HttpHead): Judgement {
  return { kind: "reject", reason: head.reason, isStatus: true, status: head.status };
}
