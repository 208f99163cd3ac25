// Looks configured things up by name, and reports what a name does not lead to.
import type { Position } from "../../base/diagnostic.ts";
import type { Collector } from "../collector.ts";
import type { PeersDraft, ProxyDraft, ResolversDraft } from "../draft.ts";
import { didYouMean } from "../../base/did-you-mean.ts";

/** All drafts of a configuration. */
export interface Drafts {
  readonly proxies: readonly ProxyDraft[];
  readonly peers: readonly PeersDraft[];
  readonly resolvers: readonly ResolversDraft[];
}

/** Answers questions about names, and takes findings about the configuration as a whole. */
export class Finder {
  readonly drafts: Drafts;
  readonly #collector: Collector;

  constructor(drafts: Drafts, collector: Collector) {
    this.drafts = drafts;
    this.#collector = collector;
  }

  /** The proxy of this name that has the side asked for. */
  proxy(name: string, side: "frontend" | "backend"): ProxyDraft | undefined {
    const other = side === "frontend" ? "backend" : "frontend";
    return this.drafts.proxies.find((proxy) => proxy.name === name && proxy.kind !== other);
  }

  /** Whether a stick table of this name exists: a proxy's, or `<peers>/<table>`. */
  hasTable(name: string): boolean {
    return (
      this.drafts.proxies.some((proxy) => proxy.name === name && proxy.stickTable !== undefined) ||
      this.drafts.peers.some((peers) => peers.tables.some((table) => table.name === name))
    );
  }

  /** The names of all tables, for "did you mean". */
  tableNames(): readonly string[] {
    const own = this.drafts.proxies.filter((proxy) => proxy.stickTable !== undefined);
    const shared = this.drafts.peers.flatMap((peers) => peers.tables.map((table) => table.name));
    return [...own.map((proxy) => proxy.name), ...shared];
  }

  alert(message: string, position: Position, hint?: string): void {
    this.#report("alert", message, position, hint);
  }

  warn(message: string, position: Position, hint?: string): void {
    this.#report("warning", message, position, hint);
  }

  /** An alert about one line, placed before the text. */
  alertAt(message: string, position: Position, hint?: string): void {
    this.#collector.report({
      severity: "alert",
      message,
      position,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** An alert about a name that leads nowhere; the nearest known one is suggested. */
  missing(message: string, position: Position, name: string, known: Iterable<string>): void {
    this.alert(`${message}${didYouMean(name, known) || "."}`, position);
  }

  #report(
    severity: "alert" | "warning",
    message: string,
    position: Position,
    hint: string | undefined,
  ): void {
    this.#collector.report({
      severity,
      message,
      position,
      scope: "whole",
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
