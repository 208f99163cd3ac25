// IP addresses as bytes in network order: reading, printing, masks.

/** An IP address as bytes in network order, 4 or 16 of them. */
export type IpBytes = Uint8Array;

/** The bytes of a numeric IPv4 or IPv6 address, or `undefined` for anything else. */
export function parseIp(text: string): IpBytes | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** The 4 bytes of a dotted IPv4 address with all four parts. */
export function parseIpv4(text: string): IpBytes | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = Number(match[i + 1]);
    if (part > 255) return undefined;
    bytes[i] = part;
  }
  return bytes;
}

/** The 16 bytes of an IPv6 address, `::` and a dotted tail included (RFC 4291 §2.2). */
export function parseIpv6(text: string): IpBytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const groupCount = head.length + tail.length;
  if (halves.length === 1 ? groupCount !== 8 : groupCount > 7) return undefined;
  const groups = [...head, ...new Array<number>(8 - groupCount).fill(0), ...tail];
  const bytes = new Uint8Array(16);
  groups.forEach((group, i) => {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group & 0xff;
  });
  return bytes;
}

function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (mayEndDotted && i === parts.length - 1 && part.includes(".")) {
      const v4 = parseIpv4(part);
      if (v4 === undefined) return undefined;
      groups.push((v4[0]! << 8) | v4[1]!, (v4[2]! << 8) | v4[3]!);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/**
 * Text of an address as inet_ntop(3) writes it. Unlike RFC 5952 that writes IPv4-compatible
 * addresses (`::1.2.3.4`) dotted as well as mapped ones.
 */
export function printIp(bytes: IpBytes): string {
  if (bytes.length === 4) return bytes.join(".");
  if (isMappedIpv4(bytes)) return `::ffff:${bytes.subarray(12).join(".")}`;
  if (isCompatibleIpv4(bytes)) return `::${bytes.subarray(12).join(".")}`;
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  const gap = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (gap.count < 2) return hex.join(":");
  return `${hex.slice(0, gap.start).join(":")}::${hex.slice(gap.start + gap.count).join(":")}`;
}

/** Whether exactly the first 12 bytes are a run of zeros: `::a.b.c.d` with a nonzero first half. */
function isCompatibleIpv4(bytes: IpBytes): boolean {
  if (bytes[12] === 0 && bytes[13] === 0) return false;
  return bytes.subarray(0, 12).every((byte) => byte === 0);
}

function longestZeroRun(groups: readonly number[]): { start: number; count: number } {
  let best = { start: 0, count: 0 };
  let start = 0;
  groups.forEach((group, i) => {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best.count) best = { start, count: i + 1 - start };
  });
  return best;
}

/** Whether 16 bytes are an IPv4 address in IPv6 clothing, `::ffff:a.b.c.d`. */
export function isMappedIpv4(bytes: IpBytes): boolean {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return false;
  return bytes.subarray(0, 10).every((byte) => byte === 0);
}

/** The IPv6 form of an IPv4 address; 16 bytes are returned as they are. */
export function toIpv6(bytes: IpBytes): IpBytes {
  if (bytes.length === 16) return bytes;
  const mapped = new Uint8Array(16);
  mapped.fill(0xff, 10, 12);
  mapped.set(bytes, 12);
  return mapped;
}

/** The IPv4 form of a mapped address; 4 bytes as they are, `undefined` for other IPv6 addresses. */
export function toIpv4(bytes: IpBytes): IpBytes | undefined {
  if (bytes.length === 4) return bytes;
  return isMappedIpv4(bytes) ? bytes.subarray(12) : undefined;
}

/** An address with every bit behind the first `bitCount` cleared. */
export function maskIp(bytes: IpBytes, bitCount: number): IpBytes {
  const masked = Uint8Array.from(bytes);
  for (let i = 0; i < masked.length; i++) {
    const bits = Math.min(8, Math.max(0, bitCount - 8 * i));
    masked[i] = masked[i]! & (0xff00 >> bits) & 0xff;
  }
  return masked;
}

/** A mask as a bit count (`24`) or in address form (`255.255.255.0`); `undefined` if it is none. */
export function parseMask(text: string, family: 4 | 6): IpBytes | undefined {
  const bitsMax = family === 4 ? 32 : 128;
  if (/^\d{1,3}$/.test(text)) {
    const bits = Number(text);
    return bits > bitsMax ? undefined : maskIp(new Uint8Array(bitsMax / 8).fill(0xff), bits);
  }
  return family === 4 ? parseIpv4(text) : parseIpv6(text);
}
