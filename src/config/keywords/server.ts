// server <name> <address>[:[port]] [param*], default-server [param*],
// server-template <prefix> <num | range> <fqdn>[:<port>] [params*]   (haproxy configuration §4.2)
import { TEMPLATE_SERVERS_MAX } from "../../limits.ts";
import { parseAddressWord } from "../address.ts";
import type { ProxyDraft } from "../draft.ts";
import { BACKEND_NO_DEFAULTS, BACKEND_SIDE, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import { inheritServerDraft } from "../server-draft.ts";
import type { ServerDraft } from "../server-draft.ts";
import { SERVER_WORDS } from "./server-words.ts";

/** Characters of names (haproxy configuration §2.1 and the names of proxies). */
const NAME = /^[A-Za-z0-9_.:-]*$/;

/** The first character that a name must not hold; `undefined` for a good name. */
export function badNameCharacter(name: string): string | undefined {
  return NAME.test(name) ? undefined : /[^A-Za-z0-9_.:-]/.exec(name)?.[0];
}

/** Reads the address word of a server into its draft; returns whether it is good. */
export function readServerAddress(line: Line, server: ServerDraft, label: string): boolean {
  const word = line.take() ?? "";
  const address = parseAddressWord(word);
  switch (address.kind) {
    case "problem":
      line.alert(`${label} : ${address.message}`);
      return false;
    case "fd":
      line.alert(`${label} : a file descriptor is not acceptable here in '${word}'`);
      return false;
    case "unix":
      server.address = address;
      return true;
    case "ip":
    case "name":
      break;
  }
  const { port } = address;
  if (port.kind === "range" && port.first !== port.last) {
    line.alert(`${label} : port range not permitted here in '${word}'`);
    return false;
  }
  const number = port.kind === "range" ? port.first : 0;
  if (port.kind === "offset") server.portOffset = port.offset;
  server.address =
    address.kind === "ip"
      ? { kind: "ip", family: address.family, host: address.host, port: number }
      : {
          kind: "name",
          host: address.host,
          port: number,
          ...(address.prefer === undefined ? {} : { prefer: address.prefer }),
        };
  return true;
}

/** Reads the words after the address; `label` starts each alert. */
export function takeServerWords(
  line: Line,
  server: ServerDraft,
  label: string,
  unknownEnding = "",
): void {
  for (let word = line.take(); word !== undefined; word = line.take()) {
    const at = line.index - 1;
    const known = SERVER_WORDS.get(word);
    if (known === undefined) {
      const near = line.didYouMean(word, SERVER_WORDS.keys());
      line.alert(
        `${label}unknown keyword '${word}'${near}${unknownEnding === "" || near !== "" ? "" : "."}${unknownEnding}`,
        { word: at },
      );
      line.takeRest();
      return;
    }
    known.read(line, server, (message) => {
      line.alert(`${label}${message}${message.endsWith(".") ? "" : "."}`, { word: at });
    });
  }
}

function parseServer(line: Line, draft: ProxyDraft): void {
  const name = line.take();
  if (name === undefined || name === "" || line.peek() === undefined) {
    line.alert("'server' expects <name> and <addr>[:<port>] as arguments.", { word: 0 });
    return;
  }
  const bad = badNameCharacter(name);
  if (bad !== undefined) {
    line.alert(`character '${bad}' is not permitted in server name '${name}'.`);
    return;
  }
  const server = inheritServerDraft(draft.defaultServer, name, line.position(0));
  const label = `'server ${draft.name}/${name}'`;
  const good = readServerAddress(line, server, label);
  takeServerWords(line, server, `${label} : `);
  if (good) addServer(line, draft, server);
}

/** Adds a server unless its name or identifier is taken. */
function addServer(line: Line, draft: ProxyDraft, server: ServerDraft): void {
  const twin =
    server.id === undefined ? undefined : draft.servers.find((other) => other.id === server.id);
  if (twin !== undefined) {
    line.alert(
      `'server ${draft.name}/${server.name}' : 'id' : custom id ${server.id ?? 0} already used at ` +
        `${twin.position.file}:${twin.position.line} ('server ${twin.name}').`,
      { word: 0 },
    );
    return;
  }
  draft.servers.push(server);
}

function parseDefaultServer(line: Line, draft: ProxyDraft): void {
  const server = inheritServerDraft(draft.defaultServer, "", line.position(0));
  takeServerWords(line, server, "", " Hint: no address was expected for this server.");
  draft.defaultServer = server;
}

function parseServerTemplate(line: Line, draft: ProxyDraft): void {
  const [prefix, range, address] = line.words.slice(1);
  const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(range ?? "");
  if (prefix === undefined || address === undefined) {
    line.alert("'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments.", {
      word: 0,
    });
    return;
  }
  const first = match?.[2] === undefined ? 1 : Number(match[1]);
  const last = Number(match?.[2] ?? match?.[1] ?? 0);
  if (match === null || last < first || last - first >= TEMPLATE_SERVERS_MAX) {
    line.alert(`'server-template' : wrong number of servers '${range ?? ""}' in '${prefix}'.`);
    return;
  }
  for (let number = first; number <= last; number++) {
    const name = `${prefix}${number}`;
    const server = inheritServerDraft(draft.defaultServer, name, line.position(0));
    const label = `'server ${draft.name}/${name}'`;
    line.seek(3);
    if (!readServerAddress(line, server, label)) return;
    takeServerWords(line, server, `${label} : `);
    addServer(line, draft, server);
  }
}

/** `server`, `default-server`, `server-template`. */
export const SERVER_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  served({
    name: "server",
    sections: BACKEND_NO_DEFAULTS,
    grammar: "<name> <address>[:[port]] [param*]",
    summary: "A server; see the words of server lines below.",
    strict: true,
    parse: parseServer,
  }),
  served({
    name: "default-server",
    sections: BACKEND_SIDE,
    grammar: "[param*]",
    summary: "Words that the servers after it start with.",
    strict: true,
    parse: parseDefaultServer,
  }),
  served({
    name: "server-template",
    sections: BACKEND_NO_DEFAULTS,
    grammar: "<prefix> <num | range> <fqdn>[:<port>] [params*]",
    summary: "Several servers of one form, numbered.",
    strict: true,
    parse: parseServerTemplate,
  }),
];
