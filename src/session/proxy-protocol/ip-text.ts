// Numeric IP addresses between text and bytes, without asking the system.

/** Reads a dotted IPv4 address; `undefined` unless it is four plain decimal numbers 0..255. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!;
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return undefined;
    const value = Number(part);
    if (value > 255) return undefined;
    bytes[i] = value;
  }
  return bytes;
}

/** Reads an IPv6 address in any form of RFC 4291 §2.2, without brackets or a scope. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  if (head === undefined) return undefined;
  const bytes = new Uint8Array(16);
  if (halves.length === 1) {
    if (head.length !== 16) return undefined;
    bytes.set(head);
    return bytes;
  }
  const tail = parseGroups(halves[1]!, true);
  // "::" stands for at least one group of zeroes.
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Reads colon-separated groups into bytes; the last one may be a dotted IPv4 address. */
function parseGroups(text: string, isTail: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  if (groups.length > 8) return undefined;
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!;
    if (isTail && i === groups.length - 1 && group.includes(".")) {
      const v4 = parseIpv4(group);
      if (v4 === undefined) return undefined;
      bytes.push(...v4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

/** Writes 4 bytes as a dotted address. */
export function formatIpv4(bytes: Uint8Array): string {
  return `${bytes[0]!}.${bytes[1]!}.${bytes[2]!}.${bytes[3]!}`;
}

/** Writes 16 bytes in the canonical form of RFC 5952; IPv4-mapped addresses end in dotted form (§5). */
export function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${formatIpv4(bytes.subarray(12))}`;
  }
  const run = longestZeroRun(groups);
  const text = groups.map((group) => group.toString(16));
  if (run.count < 2) return text.join(":");
  return `${text.slice(0, run.start).join(":")}::${text.slice(run.start + run.count).join(":")}`;
}

/** Finds the first of the longest runs of zero groups. */
function longestZeroRun(groups: readonly number[]): { start: number; count: number } {
  let best = { start: 0, count: 0 };
  let start = 0;
  for (let i = 0; i < groups.length; i++) {
    if (groups[i] !== 0) start = i + 1;
    else if (i + 1 - start > best.count) best = { start, count: i + 1 - start };
  }
  return best;
}
