// Reads a keepalived.conf (keepalived.conf(5)) into an AgentConfiguration.
import type { Diagnostic } from "../../src/base/diagnostic.ts";
import { BlockReader } from "./blocks.ts";
import { Context } from "./context.ts";
import { emptyDraft } from "./draft.ts";
import { readStatements } from "./keyword.ts";
import { ROOT_TABLE } from "./keywords/root.ts";
import type { AgentConfiguration } from "./model/configuration.ts";
import { Preprocessor, type Line } from "./preprocess.ts";
import { Report, shown, type CheckExitCode } from "./report.ts";
import { resolveAgent } from "./resolve/agent.ts";

/** Where files come from. */
export interface SourceReader {
  /** The text of a file; `undefined` when it cannot be read. */
  read(path: string): string | undefined;
  /** The files that a pattern of glob(7) with braces names, in order. */
  glob(pattern: string): readonly string[];
}

/** What reading needs to know of the node. */
export interface ReadOptions {
  /** The path that `-f` names. */
  readonly file: string;
  readonly sources: SourceReader;
  readonly hostName: string;
  /** `-i`; default: the host's name up to its first dot. */
  readonly configId?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Without it, every interface counts as there. */
  readonly interfaceExists?: (name: string) => boolean;
  /** About a program by path, or by name along PATH. Without it, every program counts as there. */
  readonly scriptAccess?: (program: string) => "ok" | "missing" | "not-executable" | "insecure";
  /** Without it, every user counts as there. */
  readonly userExists?: (name: string) => boolean;
  /** Whether a guard watches a balancer (`tandem run`), so that its watch can answer for checks. */
  readonly hasBalancer: boolean;
}

/** What a file says. */
export interface ReadOutcome {
  /** As much as could be understood. */
  readonly configuration: AgentConfiguration;
  /** In the order in which they were found. */
  readonly diagnostics: readonly Diagnostic[];
  /** What `keepalived -t` exits with. */
  readonly exitCode: CheckExitCode;
  /** Whether a daemon may start with it: Keepalived's does with many an error. */
  readonly isUsable: boolean;
}

/** Reads a file and what it includes. Never throws, whatever they hold. */
export function readKeepalivedConfiguration(options: ReadOptions): ReadOutcome {
  const report = new Report();
  const draft = emptyDraft();
  const context = new Context(report, options, draft);
  const configId = options.configId ?? options.hostName.replace(/\..*$/s, "");
  const facts = { configId, environment: options.environment };
  const preprocessor = new Preprocessor(options.sources, report, facts);
  const isThere = preprocessor.open(options.file);
  if (!isThere) {
    const found = `Config files missing '${shown(options.file)}'.`;
    report.add("note", found, undefined, "Name a file that exists and may be read with -f.");
  }
  const blocks = new BlockReader(report);
  for (let line = preprocessor.next(); line !== undefined; line = preprocessor.next()) {
    heedAtOnce(line, preprocessor, context);
    blocks.take(line);
  }
  if (!report.isFatal) blocks.end();
  readStatements(blocks.statements, ROOT_TABLE, draft.global, context);
  const configuration = resolveAgent(context);
  const { findings, exitCode, isUsable } = report;
  return { configuration, diagnostics: findings, exitCode, isUsable: isThere && isUsable };
}

/** Keywords that change how the lines below them are read. */
function heedAtOnce(line: Line, preprocessor: Preprocessor, context: Context): void {
  const words = line.text.split(/[\s{}]+/).filter((word) => word !== "");
  const at = words[0] === "global_defs" ? 1 : 0;
  if (words[at] === "include_check") {
    if (preprocessor.setIncludeCheck(words.slice(at + 1))) return;
    const found = `include_check: unknown option in '${shown(words.slice(at + 1).join(" "))}'`;
    context.error(found, line.position, "Expected readable, match, wildcard_match, brace_match.");
  } else if (words[at] === "random_seed" && /^\d{1,10}$/.test(words[at + 1] ?? "")) {
    preprocessor.seed(Number(words[at + 1]));
  }
}
