// What every keyword is told beside its statement and its draft.
import type { Position } from "../../src/base/diagnostic.ts";
import type { AgentDraft } from "./draft.ts";
import type { ReadOptions } from "./read.ts";
import type { Report } from "./report.ts";

/** The surroundings of one reading. */
export class Context {
  readonly report: Report;
  readonly options: ReadOptions;
  readonly draft: AgentDraft;
  readonly #said = new Set<string>();

  constructor(report: Report, options: ReadOptions, draft: AgentDraft) {
    this.report = report;
    this.options = options;
    this.draft = draft;
  }

  /** An error as Keepalived counts them. */
  error(message: string, position?: Position, hint?: string): void {
    this.report.add("error", message, position, hint);
  }

  /** Something that Keepalived does not complain about, or only logs. */
  note(message: string, position?: Position, hint?: string): void {
    this.report.add("note", message, position, hint);
  }

  /** A note at the first of many places; `key` is what they have in common. */
  sayOnce(key: string, message: string, position: Position): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.note(message, position);
  }

  /** A mistake in a directive of Tandem; it prevents the start. */
  refuseOurs(message: string, position: Position, hint?: string): void {
    this.report.add("ours", message, position, hint);
  }

  /** Reports an interface that is not there; false then. Where nothing tells, every name is there. */
  checkInterface(name: string, message: string, position: Position): boolean {
    const exists = this.options.interfaceExists;
    if (exists === undefined || exists(name)) return true;
    if (this.draft.global.hasDynamicInterfaces) return true;
    const hint = "Mend the name, or set dynamic_interfaces in global_defs if it appears later.";
    this.report.add("refused", message, position, hint);
    return false;
  }
}
