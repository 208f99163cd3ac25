// Starts the scripts of a configuration as whom it says, or says why not.
import type { Millis } from "../../src/base/units.ts";
import type { GlobalConfiguration } from "../config/model/configuration.ts";
import type { NotifyCommand } from "../config/model/instance.ts";
import type { ScriptOutcome } from "../track/track-events.ts";
import { defaultIdentity, resolveIdentity, type ScriptIdentity } from "./script-identity.ts";
import { ScriptProcess } from "./script-process.ts";
import { checkScript } from "./script-security.ts";

/** What the configuration says of all scripts. */
export type ScriptPolicy = Pick<GlobalConfiguration, "scriptUser" | "isScriptSecure">;

/** See the head of this file. */
export class ScriptLauncher {
  #policy: ScriptPolicy;
  /** Names are looked up once for each configuration. */
  readonly #identities = new Map<string, ScriptIdentity | string>();

  constructor(policy: ScriptPolicy) {
    this.#policy = policy;
  }

  /** Takes another configuration: users are looked up anew. */
  reconfigure(policy: ScriptPolicy): void {
    this.#policy = policy;
    this.#identities.clear();
  }

  /** As `ScriptProcess`; words are added to the command's own. `onGone` comes last, in any case. */
  launch(
    command: NotifyCommand,
    words: readonly string[],
    timeoutMs: Millis | undefined,
    onOutcome: (outcome: ScriptOutcome) => void,
    onGone: () => void,
    environment: Readonly<Record<string, string>> = {},
  ): ScriptProcess | undefined {
    const identity = this.#identityOf(command);
    const problem = typeof identity === "string" ? identity : this.#objection(command, identity);
    if (typeof identity === "string" || problem !== undefined) {
      setImmediate(() => {
        onOutcome({ kind: "failed-to-start", message: problem ?? "" });
        onGone();
      });
      return undefined;
    }
    const all = [...command.words, ...words];
    const run = { words: all, timeoutMs, identity: asNeeded(identity), environment };
    return new ScriptProcess(run, onOutcome, onGone);
  }

  #objection(command: NotifyCommand, identity: ScriptIdentity): string | undefined {
    const ownUid = process.getuid?.() ?? 0;
    if (ownUid !== 0 && ownUid !== identity.uid) {
      return `only root can run it as uid ${identity.uid}; this process has uid ${ownUid}`;
    }
    if (!this.#policy.isScriptSecure || identity.uid !== 0) return undefined;
    const [program = ""] = command.words;
    if (checkScript(program) !== "insecure") return undefined;
    return (
      `"${program}" would run as root, but others than root may replace it or a folder above it ` +
      "(enable_script_security): give it another user, or chown it to root and chmod go-w"
    );
  }

  #identityOf({ user, group }: NotifyCommand): ScriptIdentity | string {
    const key = JSON.stringify([user, group]);
    const known = this.#identities.get(key);
    if (known !== undefined) return known;
    const identity = this.#resolve(user, group);
    this.#identities.set(key, identity);
    return identity;
  }

  #resolve(user: string | undefined, group: string | undefined): ScriptIdentity | string {
    if (user !== undefined) return resolveIdentity(user, group);
    const { scriptUser } = this.#policy;
    if (scriptUser !== undefined) return resolveIdentity(scriptUser.user, scriptUser.group);
    const ownUid = process.getuid?.() ?? 0;
    // An ordinary user runs everything as itself.
    if (ownUid !== 0) return { uid: ownUid, gid: process.getgid?.() ?? 0 };
    return defaultIdentity();
  }
}

/** Nothing is asked of the kernel that is so already: it would drop supplementary groups, or refuse. */
function asNeeded(identity: ScriptIdentity): ScriptIdentity | undefined {
  const isOwn = process.getuid?.() === identity.uid && process.getgid?.() === identity.gid;
  return isOwn ? undefined : identity;
}
