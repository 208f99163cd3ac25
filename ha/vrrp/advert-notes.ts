// What is wrong with an advert that counts all the same: said loudly, because the administrators of
// two nodes meant something else than what the files say.
import { printIp, type IpBytes } from "../../src/base/ip.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import type { Advert } from "./advert.ts";
import type { DecodedAdvert, ReceivedChecksumForm } from "./codec.ts";

/** The kinds of notes. */
export type NoteKind = "vip-list" | "interval" | "checksum-form" | "own-address";

/** What is wrong with an advert that counts all the same. */
export interface AdvertNote {
  readonly kind: NoteKind;
  /** For people. */
  readonly text: string;
}

/** At most this many addresses stand in a text. */
const LISTED_MAX = 8;

/** All notes on an advert. `isFromSelf`: it came from our own address. */
export function notesOn(
  instance: InstanceConfiguration,
  { advert, checksum }: Extract<DecodedAdvert, { kind: "advert" }>,
  isFromSelf: boolean,
): readonly AdvertNote[] {
  const notes: AdvertNote[] = [];
  if (advert.intervalMs !== instance.advertIntervalMs) {
    notes.push({ kind: "interval", text: intervalText(instance, advert) });
  }
  const difference = differenceOfVips(instance, advert.vips);
  if (difference !== undefined) notes.push({ kind: "vip-list", text: difference });
  if (isOtherForm(instance, checksum)) {
    notes.push({ kind: "checksum-form", text: checksumText(checksum) });
  }
  if (isFromSelf) {
    const text = "advert received from remote host with our IP address, or a packet of ours";
    notes.push({ kind: "own-address", text });
  }
  return notes;
}

function intervalText(instance: InstanceConfiguration, advert: Advert): string {
  const [mine, theirs] = [instance.advertIntervalMs / 1000, advert.intervalMs / 1000];
  return `advertisement interval mismatch mine=${mine} sec rcv'd=${theirs} sec: set advert_int alike on both nodes`;
}

/** Which VIPs only one side has; `undefined` when both have the same, in any order. */
function differenceOfVips(
  instance: InstanceConfiguration,
  received: readonly IpBytes[],
): string | undefined {
  const { vips } = instance;
  const isSame =
    vips.length === received.length &&
    vips.every((vip, i) => Buffer.compare(vip.address, received[i]!) === 0);
  if (isSame) return undefined;
  const mine = new Set(vips.map((vip) => printIp(vip.address)));
  const theirs = new Set(received.map((address) => printIp(address)));
  const onlyMine = [...mine].filter((address) => !theirs.has(address));
  const onlyTheirs = [...theirs].filter((address) => !mine.has(address));
  if (onlyMine.length === 0 && onlyTheirs.length === 0) return undefined;
  return `the VIP lists differ: expected ${mine.size} VIPs but received ${theirs.size}; only here: ${listed(onlyMine)}; only at the sender: ${listed(onlyTheirs)}`;
}

function listed(addresses: readonly string[]): string {
  if (addresses.length === 0) return "none";
  const rest = addresses.length - LISTED_MAX;
  return addresses.slice(0, LISTED_MAX).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function isOtherForm(instance: InstanceConfiguration, checksum: ReceivedChecksumForm): boolean {
  if (checksum !== "pseudo-header" && checksum !== "rfc9568") return false;
  return instance.family === 4 && checksum !== instance.checksumForm;
}

function checksumText(form: ReceivedChecksumForm): string {
  const [theirs, remedy] =
    form === "pseudo-header"
      ? ["with a pseudo header", "remove v3_checksum_as_v2 here or set it there"]
      : ["without a pseudo header (RFC 9568)", "set v3_checksum_as_v2 here"];
  return `the sender computes its checksum ${theirs}, this node does not: the sender may ignore this node's adverts; ${remedy}`;
}
