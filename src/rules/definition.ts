// The shape of the tables of fetches and converters. Each entry is complete: parsing, type
// checking, evaluation and the generated reference all read the same row.
import type { RuleContext } from "./context.ts";
import type { Fetched, Sample } from "./sample.ts";

/** The name of a sample's type. */
export type SampleType = Sample["type"];

/** What an argument is, by the names that HAProxy's messages use. */
export type ArgumentType =
  | "integer"
  | "string"
  | "IPv4 address"
  | "IPv6 address"
  | "IPv4 mask"
  | "IPv6 mask"
  | "frontend"
  | "backend"
  | "server"
  | "table"
  | "variable"
  | "regex";

/** One argument of a fetch or converter. */
export interface ArgumentSpec {
  readonly name: string;
  readonly type: ArgumentType;
  readonly optional?: boolean;
}

/** Where a fetch takes its value from; decides when a rule can be judged. */
export type FetchSource =
  | "nothing"
  | "connection"
  | "request"
  | "response"
  | "tls"
  | "server-tls"
  | "backend"
  | "server"
  | "state"
  | "table";

/** A compiled fetch. */
export type FetchFunction = (context: RuleContext) => Fetched;

/** One row of a table of fetches. */
export interface FetchDefinition {
  /** All names; the first one is the one to use in documentation. */
  readonly names: readonly string[];
  readonly args: readonly ArgumentSpec[];
  /** `any`: known only when evaluated. */
  readonly output: SampleType | "any";
  readonly source: FetchSource;
  readonly description: string;
  /** More bytes may change the value, so a test that fails on it is asked again. */
  readonly openEnded?: (args: readonly string[]) => boolean;
  /** Checks what the argument types do not say; the message, or `undefined` when right. */
  readonly check?: (args: readonly string[]) => string | undefined;
  readonly make: (args: readonly string[]) => FetchFunction;
}

/** What compiling may need from outside: the lines of a pattern or map file. */
export interface CompileEnvironment {
  readonly readFile?: (path: string) => readonly string[] | undefined;
}

/** A compiled converter; its sample already has the converter's input type. */
export type ConvertFunction = (sample: Sample, context: RuleContext) => Fetched;

/** One row of a table of converters. */
export interface ConverterDefinition {
  readonly names: readonly string[];
  readonly args: readonly ArgumentSpec[];
  readonly input: SampleType | "any";
  /** `same`: as the input; `any`: known only when evaluated. */
  readonly output: SampleType | "same" | "any";
  readonly description: string;
  /** The value is final however many bytes may follow (`mqtt_is_valid`). */
  readonly settles?: boolean;
  readonly check?: (args: readonly string[]) => string | undefined;
  readonly make: (args: readonly string[], environment: CompileEnvironment) => ConvertFunction;
}
