// bind [<address>]:<port_range> [, ...] [param*]   (haproxy configuration §4.2, §5.1)
import type { Position } from "../../base/diagnostic.ts";
import { BINDS_PER_LINE_MAX } from "../../limits.ts";
import { parseAddressWord } from "../address.ts";
import type { AddressWord } from "../address.ts";
import type { ProxyDraft } from "../draft.ts";
import { FRONTEND_SIDE, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { Bind, BindAddress } from "../model/bind.ts";
import { BIND_WORDS, newBindWords } from "./bind-words.ts";
import type { BindWords } from "./bind-words.ts";

/** The addresses of one comma list, port ranges spread. */
export function parseBindAddresses(
  list: string,
  alert: (message: string, hint?: string) => void,
): readonly BindAddress[] {
  const addresses: BindAddress[] = [];
  for (const word of list.split(",")) addBindAddress(addresses, word, alert);
  if (addresses.length <= BINDS_PER_LINE_MAX) return addresses;
  alert(`'bind' : more than ${BINDS_PER_LINE_MAX} addresses on one line`);
  return [];
}

function addBindAddress(
  addresses: BindAddress[],
  word: string,
  alert: (message: string, hint?: string) => void,
): void {
  const address = localAddress(parseAddressWord(word));
  switch (address.kind) {
    case "problem":
      alert(`'bind' : ${address.message}`);
      return;
    case "name":
      alert(
        `'bind' : invalid address: '${address.host}' in '${word}'`,
        "Write a numeric address: names are not resolved for listeners.",
      );
      return;
    case "fd":
      addresses.push(address);
      return;
    case "unix":
      addresses.push(address);
      return;
    case "ip": {
      const { port, family, host } = address;
      if (port.kind !== "range") {
        alert(`'bind' : missing port specification in '${word}'`);
        return;
      }
      for (let at = port.first; at <= port.last; at++) {
        addresses.push({ kind: "ip", family, host, port: at });
      }
    }
  }
}

/** `localhost` needs no resolver. */
function localAddress(address: AddressWord): AddressWord {
  if (address.kind !== "name" || address.host !== "localhost") return address;
  return address.prefer === 6
    ? { kind: "ip", family: 6, host: "::1", port: address.port }
    : { kind: "ip", family: 4, host: "127.0.0.1", port: address.port };
}

/** Reads the words after the address; `context` starts each alert, `defaults` are the words before the first. */
export function takeBindWords(
  line: Line,
  context: string,
  defaults?: Omit<Bind, "address">,
): BindWords {
  const words = newBindWords(defaults);
  for (let word = line.take(); word !== undefined; word = line.take()) {
    const known = BIND_WORDS.get(word);
    const at = line.index - 1;
    const name = word;
    if (known === undefined) {
      const near = line.didYouMean(word, BIND_WORDS.keys());
      line.alert(`${context}: unknown keyword '${word}'${near}`, { word: at });
      line.takeRest();
      return words;
    }
    known.read(line, words, (message) => {
      const text = message.startsWith("'") ? message : `'${name}' : ${message}`;
      line.alert(`${context} : ${text}`, { word: at });
    });
  }
  return words;
}

/** One listener out of an address and the words of its line. */
export function makeBind(address: BindAddress, words: BindWords, position: Position): Bind {
  return { ...withoutAddress(words, position), address };
}

/** What the words of a line say, for addresses that stand elsewhere. */
export function withoutAddress(words: BindWords, position: Position): Omit<Bind, "address"> {
  return {
    ...words.bind,
    position,
    access: { ...words.access },
    ...(words.ssl ? { tls: { ...words.tls } } : {}),
  };
}

function parseBind(line: Line, draft: ProxyDraft): void {
  const list = line.take();
  const position = line.position();
  if (list === undefined || list === "") {
    line.alert("'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments.");
    return;
  }
  const at = line.index - 1;
  const addresses = parseBindAddresses(list, (message, hint) => {
    line.alert(message, { word: at, ...(hint === undefined ? {} : { hint }) });
  });
  const words = takeBindWords(line, `'bind ${list}' in section '${draft.kind}'`);
  if (words.ssl && words.tls.crt.length === 0 && words.tls.crtList.length === 0) {
    line.alert(
      `Proxy '${draft.name}': no SSL certificate specified for bind '${list}' at ` +
        `[${line.placeText}] (use 'crt').`,
      { word: 0 },
    );
  }
  for (const address of addresses) draft.binds.push(makeBind(address, words, position));
}

/** `bind`. */
export const BIND_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  served({
    name: "bind",
    sections: FRONTEND_SIDE.filter((section) => section !== "defaults"),
    grammar: "[<address>]:<port_range> [, ...] [param*]",
    summary: "Listens on addresses; see the words of bind lines below.",
    parse: parseBind,
  }),
];
