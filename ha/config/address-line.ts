// One line of virtual_ipaddress: ADDRESS[/LENGTH] and the words of `ip address`.
import { parseIp } from "../../src/base/ip.ts";
import type { Statement } from "./blocks.ts";
import type { Context } from "./context.ts";
import type { VipConfiguration } from "./model/instance.ts";
import { shown } from "./report.ts";

/** IFNAMSIZ without its zero. */
const LABEL_CHARS_MAX = 15;
const SCOPES: ReadonlySet<string> = new Set(["global", "site", "link", "host", "nowhere"]);
const FLAGS: Readonly<Record<string, string>> = {
  home: "home",
  "-nodad": "nodad",
  nodad: "nodad",
  mngtmpaddr: "mngtmpaddr",
  noprefixroute: "noprefixroute",
  autojoin: "autojoin",
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An address of a statement, or `undefined` when the line must be left out. */
export function readAddressLine(
  { words, position }: Statement,
  context: Context,
): VipConfiguration | undefined {
  const text = words[0]!;
  const slash = text.indexOf("/");
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) {
    context.error(`VRRP parsed invalid IP ${shown(text)}. skipping IP...`, position);
    return undefined;
  }
  const bits = address.length * 8;
  const vip: Mutable<VipConfiguration> = {
    address,
    prefixLength: bits,
    hasPrefixLength: false,
    device: undefined,
    label: undefined,
    broadcast: undefined,
    scope: undefined,
    peer: undefined,
    flags: [],
    preferredLifetime: undefined,
    isUntracked: false,
  };
  if (slash >= 0) readLength(vip, text, bits, position, context);
  return readWords(vip, words, position, context) ? vip : undefined;
}

function readLength(
  vip: Mutable<VipConfiguration>,
  text: string,
  bits: number,
  position: Statement["position"],
  context: Context,
): void {
  const length = text.slice(text.indexOf("/") + 1);
  if (/^\d{1,3}$/.test(length) && Number(length) <= bits) {
    vip.prefixLength = Number(length);
    vip.hasPrefixLength = true;
    return;
  }
  const fault = /^\d+$/.test(length)
    ? `number '${shown(length)}' outside range [0, ${bits}]`
    : `invalid number '${shown(length)}'`;
  context.error(fault, position);
  const used = `Invalid address prefix len ${shown(length)} for address ${shown(text)} - using ${bits}`;
  context.error(used, position);
}

/** False when the address must be left out. */
function readWords(
  vip: Mutable<VipConfiguration>,
  words: readonly string[],
  position: Statement["position"],
  context: Context,
): boolean {
  const flags: string[] = [];
  let keeps = true;
  for (let i = 1; i < words.length; i++) {
    const word = words[i]!;
    const flag = FLAGS[word];
    if (flag !== undefined) {
      flags.push(flag);
    } else if (word === "no_track") {
      vip.isUntracked = true;
    } else if (word === "use_vmac" || word === "track_group") {
      const found = `'${word}' of an address has no effect in Tandem`;
      context.sayOnce(found, found, position);
      if (word === "track_group") i++;
    } else if (!isPairWord(word)) {
      const found = `Unknown configuration entry '${shown(word)}' for ip address - ignoring`;
      context.error(found, position);
    } else {
      const value = words[++i];
      if (value === undefined) {
        context.error(`No ${word} parameter specified for ${shown(words[0]!)}`, position);
      } else keeps = readPair(vip, word, value, words[0]!, position, context) && keeps;
    }
  }
  vip.flags = flags;
  return keeps;
}

function isPairWord(word: string): boolean {
  return /^(?:dev|label|brd|broadcast|scope|peer|preferred_lft)$/.test(word);
}

function readPair(
  vip: Mutable<VipConfiguration>,
  word: string,
  value: string,
  text: string,
  position: Statement["position"],
  context: Context,
): boolean {
  switch (word) {
    case "dev": {
      const found = `WARNING - interface ${shown(value)} for ip address ${shown(text)} doesn't exist`;
      context.checkInterface(value, found, position);
      vip.device = value;
      return true;
    }
    case "label":
      return readLabel(vip, value, position, context);
    case "scope":
      if (SCOPES.has(value) || (/^\d{1,3}$/.test(value) && Number(value) <= 255)) vip.scope = value;
      else {
        const found = `Invalid scope '${shown(value)}' specified for ${shown(text)} - ignoring`;
        context.error(found, position);
      }
      return true;
    case "peer":
      return readPeer(vip, value, position, context);
    case "preferred_lft":
      if (value === "forever" || /^\d{1,9}$/.test(value)) vip.preferredLifetime = value;
      else context.error(`Invalid preferred_lft ${shown(value)} for ${shown(text)}`, position);
      return true;
    default:
      return readBroadcast(vip, value, position, context);
  }
}

function readLabel(
  vip: Mutable<VipConfiguration>,
  value: string,
  position: Statement["position"],
  context: Context,
): boolean {
  if (value.length > LABEL_CHARS_MAX) {
    const found = `Address label ${shown(value)} is longer than maximum length ${LABEL_CHARS_MAX} - removing address`;
    context.error(found, position);
    return false;
  }
  vip.label = value;
  return true;
}

/** A peer takes no length in Keepalived 2.2.7. */
function readPeer(
  vip: Mutable<VipConfiguration>,
  value: string,
  position: Statement["position"],
  context: Context,
): boolean {
  const peer = parseIp(value);
  if (peer === undefined) {
    context.error(`VRRP parsed invalid IP ${shown(value)}. skipping IP...`, position);
    context.error(`Invalid peer address ${shown(value)}`, position);
    return true;
  }
  vip.peer = value;
  return true;
}

function readBroadcast(
  vip: Mutable<VipConfiguration>,
  value: string,
  position: Statement["position"],
  context: Context,
): boolean {
  if (value === "+" || value === "-") {
    if (vip.address.length === 4 && vip.prefixLength > 30) {
      const found = `Address prefix length ${vip.prefixLength} too long for broadcast`;
      context.error(found, position);
    } else vip.broadcast = value;
    return true;
  }
  const address = parseIp(value);
  if (address?.length === 4 && vip.address.length === 4) {
    vip.broadcast = value;
    return true;
  }
  const found = `VRRP is trying to assign invalid broadcast ${shown(value)}. skipping VIP...`;
  context.error(found, position);
  return false;
}
