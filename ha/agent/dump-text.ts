// Words that all dumps share, as Keepalived prints them.
import { printIp } from "../../src/base/ip.ts";
import type { InstanceConfiguration, VipConfiguration } from "../config/model/instance.ts";
import type { VrrpState } from "../vrrp/election-events.ts";

/** The numbers of states in Keepalived's JSON. */
export const STATE_NUMBERS: Readonly<Record<VrrpState, number>> = {
  INIT: 0,
  BACKUP: 1,
  MASTER: 2,
  FAULT: 3,
};

/** `10.9.0.100/24 dev eth0 scope global label eth0:vip set`. */
export function vipText(
  instance: InstanceConfiguration,
  vip: VipConfiguration,
  isSet: boolean,
): string {
  const words = [
    `${printIp(vip.address)}/${vip.prefixLength}`,
    `dev ${vip.device ?? instance.vmac?.device ?? instance.interface}`,
    `scope ${vip.scope ?? "global"}`,
  ];
  if (vip.label !== undefined) words.push(`label ${vip.label}`);
  if (isSet) words.push("set");
  return words.join(" ");
}

/** A command as Keepalived quotes it. */
export function commandText(command: { readonly words: readonly string[] }): string {
  return `'${command.words.join(" ")}'`;
}
