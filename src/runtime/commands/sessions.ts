// Commands that end sessions or forget what was counted of them (haproxy management §9.3).
import { DENIED, done, isAllowed, type RuntimeCommand } from "../command.ts";
import { clearCounters } from "../operations/counters.ts";
import { drainSessions, shutdownServerSessions, shutdownSession } from "../operations/sessions.ts";
import { findServer } from "../operations/target.ts";

/** The commands about sessions and counters. */
export const SESSION_COMMANDS: readonly RuntimeCommand[] = [
  {
    words: ["shutdown", "session"],
    usage: "shutdown session [id]",
    help: "kill a specific session",
    level: "admin",
    run: ({ args }, context) => shutdownSession(context.sessions(), args[0]),
  },
  {
    words: ["shutdown", "sessions", "server"],
    usage: "shutdown sessions server <bk>/<srv>",
    help: "kill sessions on a server",
    level: "admin",
    run: ({ args }, { world }) => {
      const found = findServer(world, args[0]);
      return found.ok ? shutdownServerSessions(found.value) : found.answer;
    },
  },
  {
    words: ["drain", "sessions"],
    usage: "drain sessions [rate <n> | stop]",
    help: "send all sessions away, <n> per second (Tandem)",
    level: "admin",
    run: ({ args }) => drainSessions(args),
  },
  {
    words: ["clear", "counters"],
    usage: "clear counters [all]",
    help: "clear max statistics counters (or all counters)",
    level: "operator",
    run: ({ args, level }, { stats, monitor }) => {
      const all = args[0] === "all";
      if (all && !isAllowed(level, "admin")) return DENIED;
      clearCounters(stats, monitor, all);
      return done();
    },
  },
];
