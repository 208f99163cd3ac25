// Addresses as the keys of connections have them (src/base/connection-key.ts).
import { parseIp, toIpv6 } from "../base/ip.ts";
import { byteString } from "../rules/bytes.ts";

/** The IPv6 form of a numeric address, one byte a character; `undefined` for what is none. */
export function addressKey(text: string): string | undefined {
  const address = parseIp(text);
  return address === undefined ? undefined : byteString(toIpv6(address));
}
