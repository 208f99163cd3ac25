// Reads haproxy.cfg texts into one configuration, collecting every problem on the way: lines are
// cut into words, conditional blocks applied, each line given to its section, and at the end the
// sections are checked against each other.
import type { Diagnostic } from "../base/diagnostic.ts";
import { Collector } from "./collector.ts";
import type { GlobalDraft } from "./draft.ts";
import { GONE_ADDRESS_GRACE_MS, TICKLE_RATE_DEFAULT } from "../limits.ts";
import { HAPROXY_VERSION } from "../version.ts";
import { hasFeature } from "./features.ts";
import { lexLine } from "./lexer.ts";
import type { LexProblem } from "./lexer.ts";
import { Line } from "./line.ts";
import type { Configuration } from "./model/configuration.ts";
import { Preprocessor } from "./preprocessor.ts";
import { assignIds } from "./resolve/ids.ts";
import { finishProxy } from "./resolve/proxy.ts";
import { validate } from "./resolve/validate.ts";
import { SectionReader } from "./sections.ts";

/** One configuration file. */
export interface ConfigSource {
  /** The path as the user gave it; it appears in messages. */
  readonly name: string;
  readonly text: string;
}

/** What a configuration may ask of its surroundings. */
export interface ReadOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Tandem's own version, for `$TANDEM_VERSION`. */
  readonly version: string;
  readonly hostName: string;
  /** `-L`; wins over the host name and loses to `localpeer`. */
  readonly localpeer?: string;
}

/** A configuration and what was found wrong with it; with an alert in it, it must not be run. */
export interface ReadResult {
  readonly configuration: Configuration;
  readonly diagnostics: readonly Diagnostic[];
  /** The environment after `setenv`, `presetenv`, `unsetenv` and `resetenv`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const TABLE_SAVE_INTERVAL_MS = 60_000;

/** Reads files in order, as if they stood in one; never throws on their content. */
export function readConfiguration(
  sources: readonly ConfigSource[],
  options: ReadOptions,
): ReadResult {
  const collector = new Collector();
  const global = newGlobalDraft(sources, options);
  const start = { file: sources[0]?.name ?? "", line: 1 };
  const sections = new SectionReader(global, start);
  for (const source of sources) readSource(source, sections, collector);
  const localPeer = global.section.localpeer ?? options.localpeer ?? options.hostName;
  const { proxies, peers, resolvers, userlists } = sections;
  validate({ proxies, peers, resolvers }, global.section, localPeer, collector);
  // HAProxy's runtime API is a proxy of its own, made by the first `stats socket`.
  const firstId = global.section.statsSockets.length > 0 ? 2 : 1;
  const ids = assignIds(
    proxies.map((proxy) => proxy.id),
    firstId,
  );
  const configuration: Configuration = {
    global: global.section,
    localPeer,
    proxies: proxies.map((draft, index) => finishProxy(draft, ids[index]!, global.section)),
    peers: peers.map(({ defaultServer: _defaultServer, ...section }) => section),
    userlists,
    resolvers,
  };
  return {
    configuration,
    diagnostics: collector.findings,
    environment: Object.fromEntries(global.environment),
  };
}

function newGlobalDraft(sources: readonly ConfigSource[], options: ReadOptions): GlobalDraft {
  const environment = new Map<string, string>();
  for (const [name, value] of Object.entries(options.environment)) {
    if (value !== undefined) environment.set(name, value);
  }
  environment.set("HAPROXY_LOCALPEER", options.localpeer ?? options.hostName);
  environment.set("HAPROXY_CFGFILES", sources.map((source) => source.name).join(";"));
  environment.set("HAPROXY_STARTUP_VERSION", HAPROXY_VERSION);
  environment.set("TANDEM_VERSION", options.version);
  return {
    environment,
    section: {
      daemon: false,
      logs: [],
      spreadChecks: 0,
      statsSockets: [],
      sslDefaults: { bind: {}, server: {} },
      tune: {},
      tableSaveIntervalMs: TABLE_SAVE_INTERVAL_MS,
      balancerProbe: "tcp",
      mover: "auto",
      tickleRate: TICKLE_RATE_DEFAULT,
      goneAddressGraceMs: GONE_ADDRESS_GRACE_MS,
    },
  };
}

function readSource(source: ConfigSource, sections: SectionReader, collector: Collector): void {
  const { environment } = sections.global;
  const preprocessor = new Preprocessor({
    isDefined: (name) => environment.has(name),
    hasFeature,
    version: HAPROXY_VERSION,
  });
  let number = 0;
  let rest = 0;
  const { text, name: file } = source;
  while (rest < text.length && !collector.full) {
    const feed = text.indexOf("\n", rest);
    const end = feed < 0 ? text.length : feed;
    const content = text.slice(rest, end);
    rest = end + 1;
    number++;
    const lookup = (name: string): string | undefined =>
      lookUp(name, environment, { file, number, section: sections.sectionName });
    const { words, problem } = lexLine(content, lookup);
    if (problem !== undefined)
      reportLexProblem(collector, { file, line: number }, content, problem);
    else if (words.length > 0) {
      const line = new Line(file, number, words, collector);
      if (!preprocessor.handle(line) && preprocessor.active) sections.read(line);
    }
    if (feed < 0) {
      collector.report({
        severity: "alert",
        message: `Missing LF on last line, file might have been truncated at position ${content.length + 1}.`,
        position: { file, line: number },
      });
    }
  }
  const unclosed = preprocessor.unclosed;
  if (unclosed !== undefined) {
    collector.report({
      severity: "alert",
      message: "non-terminated '.if' block.",
      position: unclosed,
    });
  }
}

function lookUp(
  name: string,
  environment: ReadonlyMap<string, string>,
  place: { readonly file: string; readonly number: number; readonly section: string },
): string | undefined {
  switch (name) {
    case ".FILE":
      return place.file;
    case ".LINE":
      return String(place.number);
    case ".SECTION":
      return place.section;
    default:
      return environment.get(name);
  }
}

/** Half the width of the part of a long line that is shown with a caret. */
const SHOWN_HALF = 40;

function reportLexProblem(
  collector: Collector,
  position: { readonly file: string; readonly line: number },
  content: string,
  problem: LexProblem,
): void {
  const { message, column } = problem;
  if (column === undefined) {
    collector.report({ severity: "alert", message, position });
    return;
  }
  const from = content.length > 2 * SHOWN_HALF ? Math.max(0, column - 1 - SHOWN_HALF) : 0;
  const printable = content
    .slice(from, from + 2 * SHOWN_HALF)
    // eslint-disable-next-line no-control-regex -- Control characters would move the caret.
    .replace(/[\x00-\x1f\x7f]/g, (character) => (character === "\t" ? " " : "?"));
  const caret = " ".repeat(column - 1 - from);
  collector.report({
    severity: "alert",
    message: `${message} at position ${column}:\n  ${printable}\n  ${caret}^`,
    position: { ...position, column },
  });
}
