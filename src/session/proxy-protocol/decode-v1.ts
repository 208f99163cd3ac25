// Version 1, one line of text: `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n` (§2.1).
import type { IpEndpoint } from "../../base/address.ts";
import type { ProxyDecoded } from "./decode.ts";
import { printIp, parseIpv4, parseIpv6 } from "../../base/ip.ts";

/** Decodes one whole line, its line end included. */
export function decodeProxyV1(line: Uint8Array): ProxyDecoded {
  if (line[line.length - 2] !== 0x0d) return malformed("line does not end in CR LF");
  const text = Buffer.from(line.buffer, line.byteOffset, line.length - 2).toString("latin1");
  const words = text.split(" ");
  const family = words[1];
  if (family === "UNKNOWN") {
    // The rest of such a line must be ignored (§2.1).
    const header = { version: 1, command: "proxy", tlvs: [] } as const;
    return { kind: "message", header, byteCount: line.length };
  }
  if (family !== "TCP4" && family !== "TCP6")
    return malformed("family is not TCP4, TCP6 or UNKNOWN");
  if (words.length !== 6) return malformed(`${words.length} words where 6 are expected`);
  const source = readEndpoint(family, words[2]!, words[4]!);
  const destination = readEndpoint(family, words[3]!, words[5]!);
  if (source === undefined) return malformed(`source is not an address and port of ${family}`);
  if (destination === undefined) {
    return malformed(`destination is not an address and port of ${family}`);
  }
  const header = { version: 1, command: "proxy", source, destination, tlvs: [] } as const;
  return { kind: "message", header, byteCount: line.length };
}

function malformed(reason: string): ProxyDecoded {
  return { kind: "malformed", reason: `PROXY version 1: ${reason}` };
}

function readEndpoint(family: "TCP4" | "TCP6", host: string, port: string): IpEndpoint | undefined {
  const bytes = family === "TCP4" ? parseIpv4(host) : parseIpv6(host);
  if (bytes === undefined || !/^(0|[1-9][0-9]{0,4})$/.test(port)) return undefined;
  const value = Number(port);
  if (value > 65535) return undefined;
  return family === "TCP4"
    ? { kind: "ip", family: 4, host: printIp(bytes), port: value }
    : { kind: "ip", family: 6, host: printIp(bytes), port: value };
}
