// A neighbour on the network that sends whatever it likes: VRRP in anybody's name, right or wrong.
import path from "node:path";
import { encodeAdvert } from "../../ha/vrrp/codec.ts";
import { buildIpv4Packet, buildIpv6Packet } from "../../ha/vrrp/ip-header.ts";
import { internetChecksum, pseudoHeader } from "../../ha/vrrp/checksum.ts";
import { parseIp, type IpBytes } from "../../src/base/ip.ts";
import type { Host } from "../support/netns.ts";
import { runToEnd, type RunningProcess } from "../support/process.ts";
import { has } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";

/** Whether its program can be compiled here. */
export const hasNeighbour = has("cc");

const PROTOCOL_VRRP = 112;
const GROUPS = { 4: "224.0.0.18", 6: "ff02::12" } as const;
const GROUP_MACS = { 4: "01005e000012", 6: "333300000012" } as const;
const ETHERTYPES = { 4: "0800", 6: "86dd" } as const;

/** An advert as its sender means it. */
export interface Speech {
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly priority: number;
  readonly intervalMs: number;
  readonly vips: readonly string[];
  /** In whose name. */
  readonly source: string;
  readonly password?: string;
  readonly ttl?: number;
  /** Changes the message of VRRP; its checksum is computed anew unless `keepsChecksum`. */
  readonly change?: (message: Uint8Array) => Uint8Array;
  readonly keepsChecksum?: boolean;
}

/** The bytes of an address that the test wrote. */
function bytesOf(text: string): IpBytes {
  const bytes = parseIp(text);
  if (bytes === undefined) throw new Error(`"${text}" is no IP address`);
  return bytes;
}

/** The Ethernet frame of an advert, as hex. */
export function frameOf(speech: Speech): string {
  const source = bytesOf(speech.source);
  const family = source.length === 4 ? 4 : 6;
  const destination = bytesOf(GROUPS[family]);
  const message = messageOf(speech, family, source, destination);
  const fields = {
    source,
    destination,
    ttl: speech.ttl ?? 255,
    protocol: PROTOCOL_VRRP,
    id: 1,
  };
  const packet = family === 4 ? buildIpv4Packet(fields, message) : buildIpv6Packet(fields, message);
  const header = `${GROUP_MACS[family]}020000000099${ETHERTYPES[family]}`;
  return header + Buffer.from(packet).toString("hex");
}

function messageOf(
  speech: Speech,
  family: 4 | 6,
  source: IpBytes,
  destination: IpBytes,
): Uint8Array {
  const { version, vrid, priority, intervalMs, password, change } = speech;
  const vips = speech.vips.map(bytesOf);
  const said = encodeAdvert(
    { version, family, vrid, priority, intervalMs, vips },
    {
      authentication:
        password === undefined
          ? { kind: "none" }
          : { kind: "pass", password: Buffer.from(password) },
      checksumForm: "pseudo-header",
      source,
      destination,
    },
  );
  if (change === undefined) return said;
  const message = change(Uint8Array.from(said));
  if (speech.keepsChecksum === true || message.length < 8) return message;
  message.set([0, 0], 6);
  const before =
    speech.version === 3 ? [pseudoHeader(source, destination, PROTOCOL_VRRP, message.length)] : [];
  const sum = internetChecksum(...before, message);
  message.set([sum >> 8, sum & 0xff], 6);
  return message;
}

/** How frames are sent: each `count / frames` times. */
export interface Storm {
  readonly perSecond: number;
  readonly count: number;
}

/** Sends frames from a host. */
export class Neighbour {
  readonly #host: Host;
  readonly #program: string;

  private constructor(host: Host, program: string) {
    this.#host = host;
    this.#program = program;
  }

  static async on(host: Host): Promise<Neighbour> {
    const program = path.join(tempDir(), "frames");
    const source = path.join(REPOSITORY_DIR, "test", "netns", "programs", "frames.c");
    const compiled = await runToEnd({ command: "cc", args: ["-O2", "-o", program, source] });
    if (compiled.code !== 0) throw new Error(`cc failed: ${compiled.stderr}`);
    return new Neighbour(host, program);
  }

  /** Sends all; resolves at the end to the rate that was reached, frames per second. */
  async send(frames: readonly string[], storm: Storm): Promise<number> {
    const args = ["eth0", String(storm.perSecond), String(storm.count), ...frames];
    const shown = await this.#host.mustRun(this.#program, ...args);
    return (JSON.parse(shown) as { perSecond: number }).perSecond;
  }

  /** Starts sending; the process ends with the last frame. */
  start(frames: readonly string[], storm: Storm): Promise<RunningProcess> {
    const args = ["eth0", String(storm.perSecond), String(storm.count), ...frames];
    return this.#host.start({ command: this.#program, args });
  }
}
