// Keywords of `peers` (haproxy configuration §3.5), old form (`peer`) and new form (`server`, `bind`).
import type { PeersDraft } from "../draft.ts";
import { ignored, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import { inheritServerDraft } from "../server-draft.ts";
import type { ServerDraft } from "../server-draft.ts";
import { serverTls } from "../resolve/server.ts";
import { makeBind, parseBindAddresses, takeBindWords, withoutAddress } from "./bind.ts";
import { badNameCharacter, readServerAddress, takeServerWords } from "./server.ts";
import { takeStickTable } from "./stick-table.ts";

const PEERS = ["peers"] as const;

/** peer <peername> [<ip>:<port>] [param*], server <peername> [<ip>:<port>] [param*] */
function parsePeer(line: Line, draft: PeersDraft): void {
  const keyword = line.words[0] ?? "peer";
  const name = line.take();
  if (name === undefined || name === "") {
    line.alert(`'${keyword}' expects <name> and <addr>[:<port>] as arguments.`, { word: 0 });
    return;
  }
  if (badNameCharacter(name) !== undefined) {
    line.alert(
      `character '${badNameCharacter(name) ?? ""}' is not permitted in peer name '${name}'.`,
    );
    return;
  }
  const twin = draft.peers.find((peer) => peer.name === name);
  if (twin !== undefined) {
    line.alert(
      `peer '${name}' is already declared at ${twin.position.file}:${twin.position.line}.`,
    );
    return;
  }
  const server = inheritServerDraft(draft.defaultServer, name, line.position(0));
  const label = `'${keyword} ${draft.name}/${name}'`;
  if (!line.atEnd && !readPeerAddress(line, server, label)) return;
  takeServerWords(line, server, `${label} : `);
  const tls = serverTls(server, undefined);
  draft.peers.push({
    name,
    position: server.position,
    ...(server.address === undefined ? {} : { address: server.address }),
    ...(server.ssl ? { tls } : {}),
  });
}

function readPeerAddress(line: Line, server: ServerDraft, label: string): boolean {
  const word = line.peek() ?? "";
  if (!readServerAddress(line, server, label)) return false;
  const address = server.address;
  if (address?.kind === "unix" || (address?.port ?? 0) > 0) return true;
  line.alert(`${label} : missing port specification in '${word}'`);
  return false;
}

/** bind [<address>]:<port> [param*]: the local peer's address */
function parsePeersBind(line: Line, draft: PeersDraft): void {
  const list = line.takeWord(
    "'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments.",
  );
  if (list === undefined) return;
  const position = line.position();
  const addresses = parseBindAddresses(list, (message) => {
    line.alert(message, { word: 1 });
  });
  const words = takeBindWords(line, `'bind ${list}' in section 'peers'`, draft.defaultBind);
  const [address] = addresses;
  if (draft.bind !== undefined || addresses.length > 1) {
    line.alert("One listener per 'peers' section is authorized.", { word: 0 });
  } else if (address !== undefined) draft.bind = makeBind(address, words, position);
}

/** default-bind [param*]: words for the local peer's address */
function parseDefaultBind(line: Line, draft: PeersDraft): void {
  const position = line.position(0);
  const words = takeBindWords(line, "'default-bind' in section 'peers'", draft.defaultBind);
  draft.defaultBind = withoutAddress(words, position);
}

/** table <tablename> type ... as `stick-table` */
function parseTable(line: Line, draft: PeersDraft): void {
  const name = line.takeWord("'table' expects a name.");
  if (name === undefined) return;
  const fullName = `${draft.name}/${name}`;
  const twin = draft.tables.find((table) => table.name === fullName);
  if (twin !== undefined) {
    line.alert(
      `table '${name}' is already declared at ${twin.position.file}:${twin.position.line}.`,
    );
    return;
  }
  const table = takeStickTable(line, fullName, "table");
  if (table !== undefined) draft.tables.push({ ...table, peers: draft.name });
}

function peerKeyword(name: "peer" | "server"): Keyword<PeersDraft> {
  return served({
    name,
    sections: PEERS,
    grammar: "<peername> [<address>:<port>] [param*]",
    summary: "A member of the group; the local one may be without an address beside `bind`.",
    parse: parsePeer,
  });
}

/** All of them. */
export const PEERS_KEYWORDS: readonly Keyword<PeersDraft>[] = [
  peerKeyword("peer"),
  peerKeyword("server"),
  served({
    name: "default-server",
    sections: PEERS,
    grammar: "[param*]",
    summary: "Words that the peers after it start with.",
    parse: (line, draft) => {
      const server = inheritServerDraft(draft.defaultServer, "", line.position(0));
      takeServerWords(line, server, "", " Hint: no address was expected for this server.");
      draft.defaultServer = server;
    },
  }),
  served({
    name: "bind",
    sections: PEERS,
    grammar: "[<address>]:<port> [param*]",
    summary: "Where the local peer listens.",
    parse: parsePeersBind,
  }),
  served({
    name: "table",
    sections: PEERS,
    grammar: "<tablename> type ... (as `stick-table`)",
    summary: "A table shared by this group, named `<peers>/<tablename>` in rules.",
    parse: parseTable,
  }),
  served({
    name: "disabled",
    sections: PEERS,
    grammar: "",
    summary: "Reads the section and does not start it.",
    parse: (_line, draft) => {
      draft.disabled = true;
    },
  }),
  served({
    name: "enabled",
    sections: PEERS,
    grammar: "",
    summary: "Undoes `disabled`.",
    parse: (_line, draft) => {
      draft.disabled = false;
    },
  }),
  served({
    name: "default-bind",
    sections: PEERS,
    grammar: "[param*]",
    summary: "Words for listening on the local peer's address, which `bind` starts with, too.",
    parse: parseDefaultBind,
  }),
  ...ignored<PeersDraft>(PEERS, "Has no effect.", ["log", "shards"]),
];
