// Section headers and what becomes of the lines below each (haproxy configuration §4).
import type { Position } from "../base/diagnostic.ts";
import { dispatchLine, dispatchProxyLine } from "./dispatch.ts";
import { inheritProxyDraft, newProxyDraft } from "./draft.ts";
import type {
  GlobalDraft,
  PeersDraft,
  ProxyDraft,
  ResolversDraft,
  UserlistDraft,
} from "./draft.ts";
import { badNameCharacter } from "./keywords/server.ts";
import { parseBindAddresses, makeBind } from "./keywords/bind.ts";
import { newBindWords } from "./keywords/bind-words.ts";
import type { Line } from "./line.ts";
import {
  GLOBAL_TABLE,
  PEERS_TABLE,
  PROXY_TABLE,
  RESOLVERS_TABLE,
  USERLIST_TABLE,
} from "./tables.ts";

/** Sections that HAProxy has and Tandem refuses, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  cache: "Tandem does not serve HTTP.",
  "crt-list": "Use 'crt' on bind lines.",
  "crt-store": "Use 'crt' on bind lines.",
  acme: "Let an ACME client write the certificate that 'crt' names.",
  "fcgi-app": "Tandem does not serve HTTP.",
  healthcheck: "Write the check into the backend.",
  "http-errors": "Tandem does not serve HTTP.",
  "log-forward": "Send to the syslog server itself.",
  "log-profile": "Use 'log-format'.",
  program: "Start the program as a systemd unit of its own.",
  ring: "Send to the syslog server itself.",
};

/** Sections that are skipped with a warning. */
const SKIPPED: Readonly<Record<string, string>> = {
  mailers: "State changes are logged; send mail from the log.",
  traces: "Traces are not written.",
};

type LineHandler = (line: Line) => void;

/** All sections of a configuration while they are read. */
export class SectionReader {
  readonly global: GlobalDraft;
  readonly proxies: ProxyDraft[] = [];
  readonly peers: PeersDraft[] = [];
  readonly userlists: UserlistDraft[] = [];
  readonly resolvers: ResolversDraft[] = [];
  readonly #named = new Map<string, ProxyDraft[]>();
  #defaults: ProxyDraft;
  #handler: LineHandler | undefined;
  #sectionName = "";

  constructor(global: GlobalDraft, start: Position) {
    this.global = global;
    this.#defaults = newProxyDraft("defaults", "", start);
  }

  /** The value of `${.SECTION}`. */
  get sectionName(): string {
    return this.#sectionName;
  }

  /** Reads one line: a header, or a keyword of the section that is open. */
  read(line: Line): void {
    const word = line.words[0] ?? "";
    const header = this.#headerHandler(word);
    if (header !== undefined) {
      line.seek(1);
      this.#sectionName = line.words[1] ?? word;
      this.#handler = header(line);
    } else if (this.#handler === undefined) {
      const near = line.didYouMean(word, HEADERS);
      line.alert(`unknown keyword '${word}' out of section${near === "" ? "." : near}`, {
        word: 0,
      });
    } else this.#handler(line);
  }

  #headerHandler(word: string): ((line: Line) => LineHandler) | undefined {
    switch (word) {
      case "global":
        return (line) => {
          line.expectEnd("global");
          return (inner) => dispatchLine(inner, this.global, GLOBAL_TABLE, "global");
        };
      case "defaults":
        return (line) => this.#openDefaults(line);
      case "frontend":
      case "backend":
      case "listen":
        return (line) => this.#openProxy(line, word);
      case "peers":
        return (line) => this.#openPeers(line);
      case "userlist":
        return (line) => this.#openUserlist(line);
      case "resolvers":
        return (line) => this.#openResolvers(line);
      default:
        return this.#foreignHandler(word);
    }
  }

  #foreignHandler(word: string): ((line: Line) => LineHandler) | undefined {
    const refusal = REFUSED[word];
    const skip = SKIPPED[word];
    if (refusal === undefined && skip === undefined) return undefined;
    return (line) => {
      if (refusal !== undefined) {
        line.alert(`section '${word}' is not served by Tandem.`, { word: 0, hint: refusal });
      } else {
        line.warn(`section '${word}' is not served by Tandem and is ignored.`, {
          word: 0,
          hint: skip ?? "",
        });
      }
      return () => undefined;
    };
  }

  /** defaults [<name>] [ from <defaults_name> ] */
  #openDefaults(line: Line): LineHandler {
    const name = line.peek() === "from" ? "" : (line.take() ?? "");
    checkName(line, "defaults", name);
    const base = line.takeIf("from")
      ? this.#findDefaults(line, line.take() ?? "", `defaults '${name}'`)
      : undefined;
    line.expectEnd("defaults");
    const position = line.position(0);
    const draft =
      base === undefined
        ? newProxyDraft("defaults", name, position)
        : inheritProxyDraft(base, "defaults", name, position);
    if (base?.defaultServer !== undefined) draft.defaultServer = base.defaultServer;
    this.#defaults = draft;
    if (name !== "") this.#named.set(name, [...(this.#named.get(name) ?? []), draft]);
    return (inner) => dispatchProxyLine(inner, draft, PROXY_TABLE);
  }

  /** { frontend | backend | listen } <name> [ from <defaults_name> ] */
  #openProxy(line: Line, kind: "frontend" | "backend" | "listen"): LineHandler {
    const name = line.take() ?? "";
    if (name === "") line.alert(`'${kind}' expects an <id> argument`, { word: 0 });
    checkName(line, kind, name);
    this.#checkDuplicate(line, kind, name);
    const position = line.position(0);
    const defaults = line.takeIf("from")
      ? this.#findDefaults(line, line.take() ?? "", `${kind} '${name}'`)
      : undefined;
    const draft = inheritProxyDraft(defaults ?? this.#defaults, kind, name, position);
    const extra = line.take();
    if (extra !== undefined) readOldAddress(line, draft, extra);
    line.expectEnd(kind);
    this.proxies.push(draft);
    return (inner) => dispatchProxyLine(inner, draft, PROXY_TABLE);
  }

  #findDefaults(line: Line, name: string, user: string): ProxyDraft | undefined {
    const found = this.#named.get(name) ?? [];
    const [first, second] = found;
    if (first === undefined) {
      const near = line.didYouMean(name, this.#named.keys());
      line.alert(`defaults section '${name}' not found for ${user}${near === "" ? "." : near}`);
    } else if (second !== undefined) {
      const at = (draft: ProxyDraft): string => `${draft.position.file}:${draft.position.line}`;
      line.alert(
        `ambiguous defaults section name '${name}' referenced by ${user} exists at least at ` +
          `${at(first)} and ${at(second)}.`,
      );
    }
    return first;
  }

  #checkDuplicate(line: Line, kind: ProxyDraft["kind"], name: string): void {
    const twin = this.proxies.find((proxy) => proxy.name === name && sidesMeet(proxy.kind, kind));
    if (twin === undefined) return;
    const { file, line: number } = twin.position;
    line.alert(
      `${kind} '${name}' has the same name as ${twin.kind} '${name}' declared at ${file}:${number}.`,
    );
  }

  /** peers <peersect> */
  #openPeers(line: Line): LineHandler {
    const name = line.take() ?? "";
    if (name === "") line.alert("missing name for peers section.", { word: 0 });
    line.expectEnd("peers");
    checkName(line, "peers", name);
    const twin = this.peers.find((section) => section.name === name);
    if (twin !== undefined) {
      const { file, line: number } = twin.position;
      line.alert(
        `peers section '${name}' has the same name as another peers section declared at ` +
          `${file}:${number}.`,
      );
    }
    const draft: PeersDraft = {
      name,
      position: line.position(0),
      disabled: false,
      peers: [],
      defaultServer: undefined,
      tables: [],
    };
    this.peers.push(draft);
    return (inner) => dispatchLine(inner, draft, PEERS_TABLE, "peers");
  }

  /** userlist <listname> */
  #openUserlist(line: Line): LineHandler {
    const name = line.take() ?? "";
    if (name === "") line.alert("'userlist' expects <name> as arguments.", { word: 0 });
    const draft: UserlistDraft = { name, position: line.position(0), users: [], groups: [] };
    if (this.userlists.some((list) => list.name === name)) {
      line.warn(`ignoring duplicated userlist '${name}'.`);
    } else this.userlists.push(draft);
    return (inner) => dispatchLine(inner, draft, USERLIST_TABLE, "users");
  }

  /** resolvers <name> */
  #openResolvers(line: Line): LineHandler {
    const name = line.take() ?? "";
    if (name === "") line.alert("missing name for resolvers section.", { word: 0 });
    if (this.resolvers.some((section) => section.name === name)) {
      line.alert(`resolvers '${name}' has same name as another resolvers.`);
    }
    const draft: ResolversDraft = {
      name,
      position: line.position(0),
      nameservers: [],
      parseResolvConf: false,
      retries: 3,
      resolveMs: 1_000,
      retryMs: 1_000,
      hold: {},
    };
    this.resolvers.push(draft);
    return (inner) => dispatchLine(inner, draft, RESOLVERS_TABLE, "resolvers");
  }
}

const HEADERS: readonly string[] = [
  "global",
  "defaults",
  "frontend",
  "backend",
  "listen",
  "peers",
  "userlist",
  "resolvers",
  ...Object.keys(REFUSED),
  ...Object.keys(SKIPPED),
];

/** Whether two kinds of proxy share a side, so that their names must differ. */
function sidesMeet(a: ProxyDraft["kind"], b: ProxyDraft["kind"]): boolean {
  return a === b || a === "listen" || b === "listen";
}

function checkName(line: Line, kind: string, name: string): void {
  const bad = badNameCharacter(name);
  if (bad === undefined) return;
  line.alert(`character '${bad}' is not permitted in '${kind}' name '${name}'.`);
}

/** `listen stats :1936`, as HAProxy took it up to 1.6. */
function readOldAddress(line: Line, draft: ProxyDraft, word: string): void {
  if (draft.kind === "backend") {
    line.alert(`'backend' cannot handle unexpected argument '${word}'.`);
    return;
  }
  if (!word.includes(":")) {
    line.alert("please use the 'bind' keyword for listening addresses.");
    return;
  }
  line.warn("please use the 'bind' keyword for listening addresses.", {
    hint: `Write 'bind ${word}' on a line of its own.`,
  });
  const position = line.position();
  const addresses = parseBindAddresses(word, (message) => {
    line.alert(message);
  });
  for (const address of addresses) draft.binds.push(makeBind(address, newBindWords(), position));
}
