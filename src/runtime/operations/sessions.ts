// Sessions that an operator ends (haproxy management §9.3 `shutdown session`, `shutdown sessions
// server`).
import { DRAIN_RATE_MAX } from "../../drain/limits.ts";
import type { Session } from "../../session/session.ts";
import { type Answer, done, refuse } from "../command.ts";
import type { ServerTarget } from "./target.ts";

/** Ends one session, named as `show sess` names it: `0x1f`. */
export function shutdownSession(sessions: Iterable<Session>, word: string | undefined): Answer {
  const id = /^0x[0-9a-f]{1,13}$/i.test(word ?? "") ? Number(word) : undefined;
  if (id === undefined) return refuse("Session pointer expected (use 'show sess').");
  for (const session of sessions) {
    if (session.context.id !== id) continue;
    return done([{ kind: "kill", sessions: [session], cause: "administrator" }]);
  }
  return refuse("No such session (use 'show sess').");
}

/** Sends all sessions away, `rate <n>` of them in a second, or ends that: `stop`. */
export function drainSessions(args: readonly string[]): Answer {
  const [word, number = ""] = args;
  if (word === "stop" && args.length === 1) return done([{ kind: "drain", ratePerSecond: 0 }]);
  const [, digits] = /^(\d{1,9})(?:\/s)?$/.exec(number) ?? [];
  const ratePerSecond = Number(digits ?? 0);
  if (word === "rate" && ratePerSecond >= 1 && ratePerSecond <= DRAIN_RATE_MAX) {
    return done([{ kind: "drain", ratePerSecond }]);
  }
  return refuse(`Expects 'rate <n>' with 1 to ${DRAIN_RATE_MAX} sessions per second, or 'stop'.`);
}

/** Ends all sessions of a server. */
export function shutdownServerSessions({ backend, server }: ServerTarget): Answer {
  const sessions = [...(backend.sessions.get(server) ?? [])];
  return done([{ kind: "kill", sessions, cause: "administrator" }]);
}
