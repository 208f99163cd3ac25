// Lines of `ip -o address show`, `ip -o link show` and `ip -o monitor address link`.
import { parseIp } from "../../src/base/ip.ts";
import type { KernelAddress, KernelLink } from "./vip-events.ts";

/** What a line says. */
export type MonitorLine =
  | {
      readonly kind: "address";
      /** Of the link. Its name may be an old one: `ip` remembers names. */
      readonly index: number;
      readonly address: KernelAddress;
      readonly isDeleted: boolean;
    }
  | { readonly kind: "link"; readonly link: KernelLink; readonly isDeleted: boolean };

/** `undefined` for lines that say neither. */
export function parseMonitorLine(line: string): MonitorLine | undefined {
  const match = /^(Deleted )?(\d{1,9}): ([^\s@:]+)(?:@[^\s:]+)?(:?)\s+(.*)$/.exec(line);
  if (match === null) return undefined;
  const isDeleted = match[1] !== undefined;
  const index = Number(match[2]);
  const name = match[3]!;
  const rest = match[5]!;
  // Only links have a colon behind their name.
  if (match[4] === ":") {
    const link = parseLink(name, index, rest);
    return link === undefined ? undefined : { kind: "link", link, isDeleted };
  }
  const address = parseAddress(name, rest);
  return address === undefined ? undefined : { kind: "address", index, address, isDeleted };
}

/** `inet 10.0.0.1/24 scope ...` or `inet 10.0.0.1 peer 10.0.0.2/32 scope ...`. */
function parseAddress(device: string, text: string): KernelAddress | undefined {
  const match = /^inet6? ([0-9a-fA-F:.]+)(?: peer [0-9a-fA-F:.]+)?\/(\d{1,3})(?: |$)/.exec(text);
  if (match === null) return undefined;
  const address = parseIp(match[1]!);
  const prefixLength = Number(match[2]);
  if (address === undefined || prefixLength > address.length * 8) return undefined;
  return { device, address, prefixLength };
}

/** `<BROADCAST,MULTICAST,UP,LOWER_UP> mtu ... link/ether 02:00:00:00:00:01 brd ...`. */
function parseLink(name: string, index: number, text: string): KernelLink | undefined {
  const match = /^<([A-Z0-9_,-]*)> /.exec(text);
  if (match === null) return undefined;
  const flags = match[1]!.split(",");
  const mac = / link\/ether ([0-9a-f]{2}(?::[0-9a-f]{2}){5})(?: |$)/.exec(text)?.[1];
  return {
    name,
    index,
    mac:
      mac === undefined ? undefined : Uint8Array.from(Buffer.from(mac.replaceAll(":", ""), "hex")),
    isRunning: flags.includes("UP") && flags.includes("LOWER_UP"),
  };
}
