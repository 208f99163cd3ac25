// The VIPs of one instance as a whole.
import type { InstanceConfiguration } from "../config/model/instance.ts";
import type { Extras } from "./extras.ts";
import type { Slot } from "./slot.ts";

/** What an instance claims and releases together. */
export interface Holding {
  configuration: InstanceConfiguration;
  slots: readonly Slot[];
  readonly extras: Extras;
  isClaimed: boolean;
  /** Claimed or released, and not yet told to be settled. */
  isSettling: boolean;
}
