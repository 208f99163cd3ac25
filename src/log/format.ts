// Log formats compiled to functions. A line is rendered once per connection, so the format is
// parsed once at start and only values are fetched later.
import { assert } from "../base/assert.ts";
import { parseLogFormat, unknownVariable, type FormatNode } from "./format-parse.ts";
import type { ConnectionRecord } from "./record.ts";
import {
  HTTP_VARIABLES,
  VARIABLES,
  type LogIdentity,
  type Variable,
  type VariableFlags,
} from "./variables.ts";

/** What `option tcplog` means (haproxy configuration §8.2.2). */
export const TCPLOG_FORMAT =
  "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";

/** Yields the text of a `%[sample]` for the caller's context; `undefined` when there is no such thing. */
export type LogSample = (context: unknown) => string | undefined;

/** What a format may refer to beside the record. */
export interface LogFormatOptions extends LogIdentity {
  /** Compiles a sample expression. Absent: `%[...]` is refused. */
  readonly sample?: (expression: string) => LogSample | { readonly error: string };
}

/** A format ready to use. */
export interface CompiledLogFormat {
  readonly ok: true;
  /**
   * When the line is due: HAProxy writes it as soon as all its values are final, which is once the
   * server is connected unless a variable needs the end. `option logasap` makes it `connect` always.
   */
  readonly emission: "connect" | "end";
  /** Whether it asks for samples, `%[...]`. */
  readonly hasSamples: boolean;
  /** Whether it asks for the address that a server sees, `%bi` or `%bp`. */
  readonly hasLocalAddress: boolean;
  /** One line without its framing. Empty lines are not to be sent. */
  render(record: ConnectionRecord, context: unknown): string;
}

const LOCAL_ADDRESS_NAMES: ReadonlySet<string> = new Set(["bi", "bp"]);

/** A format that cannot be used; the message follows `failed to parse log-format : `. */
export interface RefusedLogFormat {
  readonly ok: false;
  readonly message: string;
}

interface Piece {
  readonly separator: boolean;
  readonly needsEnd: boolean;
  readonly render: (record: ConnectionRecord, context: unknown) => string;
}

/** Compiles `log-format`, `error-log-format` or `log-format-sd`. */
export function compileLogFormat(
  format: string,
  options: LogFormatOptions,
): CompiledLogFormat | RefusedLogFormat {
  const parsed = parseLogFormat(format);
  if (!parsed.ok) return parsed;
  const pieces: Piece[] = [];
  for (const node of parsed.nodes) {
    const piece = compileNode(node, options);
    if (typeof piece === "string") return { ok: false, message: piece };
    pieces.push(piece);
  }
  const needsEnd = pieces.some((piece) => piece.needsEnd);
  return {
    ok: true,
    emission: needsEnd ? "end" : "connect",
    hasSamples: parsed.nodes.some((node) => node.kind === "sample"),
    hasLocalAddress: parsed.nodes.some(
      (node) => node.kind === "variable" && LOCAL_ADDRESS_NAMES.has(node.name),
    ),
    render: (record, context) => join(pieces, record, context),
  };
}

/** The compiled form of `TCPLOG_FORMAT`. */
export function compileTcplog(options: LogIdentity): CompiledLogFormat {
  const compiled = compileLogFormat(TCPLOG_FORMAT, options);
  assert(compiled.ok, "the tcplog format compiles");
  return compiled;
}

/** The line of a frontend with neither `option tcplog` nor `log-format`; it is due at once. */
export function renderConnectLine(record: ConnectionRecord): string {
  const { client, frontendAddress, frontend } = record;
  if (client.kind === "unix" || frontendAddress.kind === "unix") {
    return `Connect to unix:1 (${frontend}/TCP)`;
  }
  const from = `${client.host}:${client.port}`;
  return `Connect from ${from} to ${frontendAddress.host}:${frontendAddress.port} (${frontend}/TCP)`;
}

/** Separators are written only between values, so an empty value does not leave two blanks. */
function join(pieces: readonly Piece[], record: ConnectionRecord, context: unknown): string {
  let line = "";
  let separated = true;
  for (const piece of pieces) {
    if (piece.separator) {
      if (!separated) line += " ";
      separated = true;
      continue;
    }
    const value = piece.render(record, context);
    if (value === "") continue;
    line += value;
    separated = false;
  }
  return line;
}

/** A piece, or the error message. */
function compileNode(node: FormatNode, options: LogFormatOptions): Piece | string {
  switch (node.kind) {
    case "separator":
      return { separator: true, needsEnd: false, render: () => " " };
    case "literal":
      return { separator: false, needsEnd: false, render: () => node.text };
    case "variable":
      return compileVariable(node.name, node.flags, options);
    case "sample":
      return compileSamplePiece(node.expression, node.flags, options);
  }
}

function compileVariable(
  name: string,
  flags: VariableFlags,
  identity: LogIdentity,
): Piece | string {
  if (HTTP_VARIABLES.has(name)) return `format variable '${name}' is reserved for HTTP mode`;
  const variable = VARIABLES.get(name);
  if (variable === undefined) return unknownVariable(name);
  return {
    separator: false,
    needsEnd: variable.needsEnd,
    render: variableRenderer(variable, flags, identity),
  };
}

function variableRenderer(
  variable: Variable,
  flags: VariableFlags,
  identity: LogIdentity,
): Piece["render"] {
  if (variable.kind === "bare") return (record) => variable.value(record, identity, flags.hex);
  const plain = variable.kind === "address" && flags.hex;
  const shown = plain ? { quote: false, hex: true, escape: false } : flags;
  return (record) => decorate(variable.value(record, identity, flags.hex), shown);
}

function compileSamplePiece(
  expression: string,
  flags: VariableFlags,
  options: LogFormatOptions,
): Piece | string {
  const compiled = options.sample?.(expression) ?? { error: "samples are not available here" };
  if (typeof compiled !== "function") {
    return `failed to parse sample expression <${expression}> : ${compiled.error}`;
  }
  return {
    separator: false,
    needsEnd: false,
    render: (_record, context) => decorate(compiled(context) ?? "", flags),
  };
}

function decorate(value: string, flags: VariableFlags): string {
  if (value === "") return flags.quote ? '""' : "-";
  const escaped = flags.escape ? value.replace(/["\\\]]/g, "\\$&") : value;
  return flags.quote ? `"${escaped}"` : escaped;
}
