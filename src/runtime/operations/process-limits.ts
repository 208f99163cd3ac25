// Limits of the process (haproxy management §9.3 `set maxconn global`, `set rate-limit`). A reload
// sets them to those of the files again.
import type { World } from "../../session/world.ts";
import { type Answer, done, refuse } from "../command.ts";
import { readInteger } from "./numbers.ts";

const RATE_LIMITS = `'set rate-limit' only supports :
   - 'connections global' to set the per-process maximum connection rate
   - 'sessions global' to set the per-process maximum session rate
   - 'ssl-sessions global' to set the per-process maximum SSL session rate
   - 'http-compression global' to set the per-process maximum compression speed in kB/s`;

/** Sets how many connections the process may have at once, at most what it started with; 0 for that. */
export function setProcessMaxconn(world: World, word: string | undefined): Answer {
  const wanted = word === undefined || word === "" ? undefined : readInteger(word);
  if (wanted === undefined) return refuse("Expects an integer value.");
  const { maxconnHard } = world.limits;
  if (wanted > maxconnHard) return refuse("Value out of range.");
  world.limits = { ...world.limits, maxconn: wanted <= 0 ? maxconnHard : wanted };
  return done([{ kind: "limits" }]);
}

/** Sets how many connections a second the process may accept; 0 for as many as come. */
export function setRateLimit(world: World, args: readonly string[]): Answer {
  const [what, scope, word] = args;
  const isKnown =
    what === "connections" ||
    what === "sessions" ||
    what === "ssl-sessions" ||
    what === "http-compression";
  if (!isKnown || scope !== "global") return refuse(RATE_LIMITS);
  const rate = word === undefined || word === "" ? undefined : readInteger(word);
  if (rate === undefined) return refuse("Expects an integer value.");
  if (rate < 0) return refuse("Value out of range.");
  if (what !== "connections") {
    return rate === 0
      ? done()
      : refuse(`'set rate-limit ${what}' is not served: only 'connections' is limited here.`);
  }
  world.limits = { ...world.limits, maxconnrate: rate === 0 ? undefined : rate };
  return done([{ kind: "limits" }]);
}
