// Reads haproxy.cfg texts into one configuration, collecting every problem on the way.
import type { Diagnostic } from "../base/diagnostic.ts";
import type { Configuration } from "./model/configuration.ts";

/** One configuration file. */
export interface ConfigSource {
  /** The path as the user gave it; it appears in messages. */
  readonly name: string;
  readonly text: string;
}

/** What a configuration may ask of its surroundings. */
export interface ReadOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Our version, for `version_atleast()` and `$HAPROXY_STARTUP_VERSION`. */
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

/** Reads files in order, as if they stood in one; never throws on their content. */
export function readConfiguration(
  sources: readonly ConfigSource[],
  options: ReadOptions,
): ReadResult {
  throw new Error(`Not read: ${String(sources.length)} ${options.version}`);
}
