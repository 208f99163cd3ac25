import { assert } from "../base/assert.ts";

function hex(value: number, width: number): string {
  return value.toString(16).toUpperCase().padStart(width, "0");
}

/** `7F000001` for `127.0.0.1`. The address must be valid. */
export function ipv4ToHex(host: string): string {
  const parts = host.split(".");
  assert(parts.length === 4, `"${host}" is an IPv4 address`);
  return parts.map((part) => hex(Number(part), 2)).join("");
}

/** 32 digits for an IPv6 address in any text form, a mapped IPv4 tail included. The address must be valid. */
export function ipv6ToHex(host: string): string {
  const [head, tail] = host.replace(/%.*$/, "").split("::");
  const left = groups(head ?? "");
  if (tail === undefined) return left.join("");
  const right = groups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0000");
  return [...left, ...zeros, ...right].join("");
}

function groups(text: string): string[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [hex(Number.parseInt(group, 16), 4)];
    const mapped = ipv4ToHex(group);
    return [mapped.slice(0, 4), mapped.slice(4)];
  });
}
