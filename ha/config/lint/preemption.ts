// Mistakes 3 and 4: nopreempt that does not do what it says.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import type { InstanceConfiguration } from "../model/instance.ts";
import { warning } from "./lint.ts";

/** Mistake 3: `nopreempt` next to `state MASTER`. */
export function* lintNopreemptOfMaster(configuration: AgentConfiguration): Iterable<Diagnostic> {
  for (const instance of configuration.instances) {
    if (instance.isNopreempt && instance.initialState === "MASTER")
      yield nopreemptOfMaster(instance);
  }
}

function nopreemptOfMaster(instance: InstanceConfiguration): Diagnostic {
  return warning(
    instance.position,
    `(${instance.name}) nopreempt has no effect with 'state MASTER': this node takes the VIP back ` +
      `whenever it returns.`,
    NOPREEMPT_ADVICE,
  );
}

/** What to write instead; the finding of the reader gets it, too. */
export const NOPREEMPT_ADVICE =
  "Write 'state BACKUP' on both nodes: the priorities alone decide who is master first.";

/** Mistake 4: after a boot the link may carry nothing for seconds, and a node thinks it is alone. */
export function* lintNopreemptAtBoot(configuration: AgentConfiguration): Iterable<Diagnostic> {
  if (configuration.global.startupDelayMs > 0 || configuration.tandem.heartbeats.length > 0) return;
  for (const instance of configuration.instances) {
    if (!instance.isNopreempt || instance.initialState === "MASTER") continue;
    yield warning(
      instance.position,
      `(${instance.name}) nopreempt does not hold after a reboot: while the switch port, bond or ` +
        `bridge does not yet pass traffic, this node hears no master and takes the VIP.`,
      "Write 'vrrp_startup_delay 10' (seconds) in global_defs, or give the nodes a second path " +
        "with '#tandem heartbeat'.",
    );
  }
}
