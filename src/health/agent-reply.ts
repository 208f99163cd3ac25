// Answers of an agent (haproxy configuration §5.2, `agent-check`): words separated by spaces, tabs
// or commas, in any order, up to the first line end; the last word of a kind wins.
import type { CheckReport } from "./result.ts";

/** What an agent asked for in one answer. */
export interface AgentReply {
  /** Percent of the configured weight; may exceed 100. */
  readonly weightPercent?: number;
  readonly maxconn?: number;
  readonly admin?: "ready" | "drain" | "maint";
  readonly health?: { readonly up: boolean; readonly word: string };
  /** Text behind `#`; may be empty. */
  readonly description: string;
  /** The first word that means nothing. */
  readonly unknown?: string;
  /** What is wrong with a word that was recognised. */
  readonly warning?: string;
}

/** A reply while it is read. */
type Draft = { -readonly [Key in keyof AgentReply]: AgentReply[Key] };

/** Reads one answer, without its line end. Never throws. */
export function parseAgentReply(text: string): AgentReply {
  const hash = text.indexOf("#");
  const words = hash < 0 ? text : text.slice(0, hash);
  const draft: Draft = { description: hash < 0 ? "" : text.slice(hash + 1).trim() };
  for (const word of words.split(/[ \t,]+/)) {
    if (word !== "") readWord(draft, word);
  }
  return draft;
}

function readWord(draft: Draft, word: string): void {
  const lower = word.toLowerCase();
  switch (lower) {
    case "up":
      draft.health = { up: true, word };
      return;
    case "down":
    case "stopped":
    case "fail":
      draft.health = { up: false, word };
      return;
    case "ready":
    case "drain":
    case "maint":
      draft.admin = lower;
      return;
  }
  if (lower.startsWith("maxconn:")) readMaxconn(draft, word.slice("maxconn:".length));
  else if (word.includes("%")) readWeight(draft, word);
  else draft.unknown ??= word;
}

function readMaxconn(draft: Draft, digits: string): void {
  if (/^\d{1,9}$/.test(digits)) draft.maxconn = Number(digits);
  else if (/^\d/.test(digits)) draft.warning ??= "Trailing garbage in maxconn string";
  else draft.warning ??= "maxconn string empty or preceded by garbage";
}

function readWeight(draft: Draft, word: string): void {
  const found = /^(\d{1,9})%(.*)$/.exec(word);
  if (found === null) draft.warning ??= "Empty weight string empty or preceded by garbage";
  else if (found[2] !== "") draft.warning ??= "Trailing garbage in weight string";
  else draft.weightPercent = Number(found[1]);
}

/** The verdict that a reply amounts to; `durationMs` is passed through. */
export function reportAgentReply(reply: AgentReply, durationMs: number): CheckReport {
  const { health } = reply;
  if (health !== undefined && !health.up) {
    return { ok: false, code: "L7STS", status: 0, info: viaAgent(reply, health.word), durationMs };
  }
  const complaint = complaintOf(reply);
  if (health === undefined) {
    return { ok: true, code: "CHECKED", info: complaint ?? "", durationMs };
  }
  const info = complaint ?? viaAgent(reply, health.word);
  return { ok: true, code: "L7OK", status: 0, info, durationMs };
}

function complaintOf(reply: AgentReply): string | undefined {
  if (reply.unknown !== undefined) return `agent reports an error : ${reply.unknown}`;
  if (reply.warning !== undefined) return `agent warns : ${reply.warning}`;
  return undefined;
}

function viaAgent(reply: AgentReply, word: string): string {
  const detail = reply.description === "" ? "" : ` (${reply.description})`;
  return `via agent : ${word}${detail}`;
}
