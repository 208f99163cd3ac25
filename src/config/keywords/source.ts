// source <addr>[:<port>[-<port>]] [usesrc { client | clientip }] [interface <name>]   (§4.2, §5.2)
import { parseAddressWord } from "../address.ts";
import type { Mutable } from "../draft.ts";
import type { Line } from "../line.ts";
import type { SourceSettings } from "../model/proxy.ts";

const EXPECTED =
  "'source' expects <addr>[:<port>[-<port>]], and optionally 'usesrc' <addr>, " +
  "and 'interface' <name> as argument.";

/** Takes the address and the words that belong to it. */
export function takeSourceSettings(
  line: Line,
  fail: (message: string) => void,
): SourceSettings | undefined {
  const word = line.take();
  if (word === undefined || word === "") {
    fail(EXPECTED);
    return undefined;
  }
  const source = sourceAddress(word, fail);
  if (source === undefined) return undefined;
  for (;;) {
    if (line.takeIf("usesrc")) {
      const who = line.take() ?? "";
      if (who === "client" || who === "clientip") source.useClient = who;
      else {
        fail(`'usesrc' of '${who}' is not served by Tandem, only 'client' and 'clientip' are`);
        return undefined;
      }
    } else if (line.takeIf("interface")) {
      const name = line.take();
      if (name === undefined || name === "") {
        fail("'interface' expects an interface name.");
        return undefined;
      }
      source.interface = name;
    } else return source;
  }
}

function sourceAddress(
  word: string,
  fail: (message: string) => void,
): Mutable<SourceSettings> | undefined {
  const address = parseAddressWord(word);
  if (address.kind !== "ip") {
    fail(
      address.kind === "problem"
        ? address.message
        : `'source' needs a numeric address (got '${word}')`,
    );
    return undefined;
  }
  const { host, family, port } = address;
  const source: Mutable<SourceSettings> = { host, family };
  if (port.kind === "range" && port.last > 0) {
    source.portMin = port.first;
    source.portMax = port.last;
  }
  return source;
}
