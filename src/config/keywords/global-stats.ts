// stats socket [<address>:<port>|<path>] [param*], stats timeout <timeout>, stats maxconn <n>
// (haproxy configuration §3.1)
import { parseAddressWord } from "../address.ts";
import type { GlobalDraft } from "../draft.ts";
import { served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { BindAddress } from "../model/bind.ts";
import { BIND_WORDS, newBindWords } from "./bind-words.ts";

function parseSocket(line: Line, draft: GlobalDraft): void {
  const word = line.take();
  const position = line.position();
  if (word === undefined || word === "") {
    line.alert("'stats socket' in global section expects an address or a path to a UNIX socket");
    return;
  }
  const endpoint = socketEndpoint(line, word);
  const words = newBindWords();
  for (let name = line.take(); name !== undefined; name = line.take()) {
    const at = line.index - 1;
    const known = BIND_WORDS.get(name);
    if (known === undefined) {
      const near = line.didYouMean(name, BIND_WORDS.keys());
      line.alert(`'stats socket' : unknown keyword '${name}'${near === "" ? "." : near}`, {
        word: at,
      });
      return;
    }
    known.read(line, words, (message) => {
      line.alert(`'stats socket' : '${message}'`, { word: at });
    });
  }
  if (words.ssl) line.alert("'stats socket' : 'ssl' is not served by Tandem.");
  if (endpoint === undefined) return;
  const socket = {
    endpoint,
    position,
    level: words.bind.level ?? "operator",
    access: words.access,
  };
  draft.section.statsSockets = [...draft.section.statsSockets, socket];
}

function socketEndpoint(line: Line, word: string): BindAddress | undefined {
  const address = parseAddressWord(word);
  switch (address.kind) {
    case "unix":
    case "fd":
      return address;
    case "problem":
      line.alert(`'stats socket' : ${address.message}`);
      return undefined;
    case "name":
      if (!word.includes(":")) {
        line.alert(`'stats socket' : missing port specification in '${word}'`);
        return undefined;
      }
      line.alert(`'stats socket' : invalid address: '${address.host}' in '${word}'`);
      return undefined;
    case "ip": {
      const { family, host, port } = address;
      if (port.kind === "range") return { kind: "ip", family, host, port: port.first };
      line.alert(`'stats socket' : missing port specification in '${word}'`);
      return undefined;
    }
  }
}

/** The runtime API's sockets. */
export const GLOBAL_STATS_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  served({
    name: "stats socket",
    sections: ["global"],
    grammar: "{ <address>:<port> | <path> } [mode <m>] [level <l>] [user <u>] [group <g>]",
    summary: "A socket that answers the runtime API.",
    parse: parseSocket,
  }),
  served({
    name: "stats timeout",
    sections: ["global"],
    grammar: "<timeout>",
    summary: "Silence allowed on such a socket.",
    default: "10s",
    parse: (line, draft) => {
      const value = line.takeTime("'stats timeout'", "'stats timeout' expects a time.");
      if (value !== undefined) draft.section.statsTimeoutMs = value;
    },
  }),
  served({
    name: "stats maxconn",
    sections: ["global"],
    grammar: "<connections>",
    summary: "Connections to such sockets at once.",
    default: "10",
    parse: (line, draft) => {
      const value = line.takeNatural("'stats maxconn' expects a positive value", 1);
      if (value !== undefined)
        draft.section.tune = { ...draft.section.tune, "stats.maxconn": value };
    },
  }),
  served({
    name: "stats bind-process",
    sections: ["global"],
    grammar: "...",
    summary: "Has no effect: there is one process.",
    parse: (line) => {
      line.takeRest();
    },
  }),
  served({
    name: "stats",
    family: true,
    sections: ["global"],
    grammar: "...",
    summary: "The runtime API.",
    parse: (line) => {
      line.alert(
        "'stats' only supports 'socket', 'maxconn', 'bind-process' and 'timeout' " +
          `(got '${line.peek() ?? ""}')`,
        { word: 1 },
      );
    },
  }),
];
