// From `-f` arguments to a configuration that can be run: files, names, certificates. Everything
// that may be wrong is found in one go, so that `check` and a reload name all of it.
import { hostname } from "node:os";
import type { IpEndpoint } from "../base/address.ts";
import type { Diagnostic } from "../base/diagnostic.ts";
import { hasListeners } from "../config/describe.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { Server } from "../config/model/server.ts";
import { findNotYetServed } from "../config/not-yet-served.ts";
import { readConfiguration, type ReadResult } from "../config/read.ts";
import { checkLogFormats } from "../log/check-formats.ts";
import { findPageGaps } from "../stats/gaps.ts";
import { HAPROXY_VERSION } from "../version.ts";
import { readConfigFiles } from "./config-files.ts";
import { checkMaxconn } from "./process-limits.ts";
import { resolveServers, systemLookup, type NameLookup } from "./resolve-servers.ts";
import { findMoverGaps } from "./mover/gaps.ts";
import { loadMoverAddon } from "./mover/native/addon.ts";
import { NO_LISTENER } from "./take-outcome.ts";
import { checkPatternFiles } from "./pattern-file.ts";
import { loadTls, type LoadedTls } from "./tls/load.ts";

/** How to load. */
export interface LoadOptions {
  /** The version that `version_atleast()` compares; that of the HAProxy we stand in for when absent. */
  readonly version?: string;
  readonly localpeer?: string;
  /** The process's own when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** `-dr`: names that do not resolve are warnings. */
  readonly ignoreResolveFailures?: boolean;
  readonly resolve?: NameLookup;
}

/** A loaded configuration. With an alert among the findings it must not be run. */
export interface LoadedConfiguration {
  readonly configuration: Configuration;
  readonly diagnostics: readonly Diagnostic[];
  readonly tls: LoadedTls;
  /** The environment as the files left it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Addresses of servers given by name; one that is missing starts without an address. */
  readonly addresses: ReadonlyMap<Server, IpEndpoint>;
}

/** Whether anything forbids a start. */
export function hasAlerts(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "alert");
}

/** Whether anything is at least worth a warning. */
export function hasWarnings(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "warning");
}

/**
 * Reads files and nothing else: no name is looked up, no certificate is loaded. Never rejects for what
 * stands in them.
 */
export async function readConfigurationFiles(
  files: readonly string[],
  options: Pick<LoadOptions, "version" | "localpeer" | "environment">,
): Promise<ReadResult> {
  const { sources, diagnostics } = await readConfigFiles(files);
  const result = readConfiguration(sources, {
    environment: options.environment ?? process.env,
    version: options.version ?? HAPROXY_VERSION,
    hostName: hostname(),
    ...(options.localpeer === undefined ? {} : { localpeer: options.localpeer }),
  });
  return { ...result, diagnostics: [...diagnostics, ...result.diagnostics] };
}

/** Loads and verifies a configuration; never rejects for what stands in the files. */
export async function loadConfiguration(
  files: readonly string[],
  options: LoadOptions,
): Promise<LoadedConfiguration> {
  const { configuration, diagnostics, environment } = await readConfigurationFiles(files, options);
  const resolved = await resolveServers(configuration, options.resolve ?? systemLookup);
  const tls = loadTls(configuration);
  return {
    configuration,
    diagnostics: [
      ...diagnostics,
      ...findNotYetServed(configuration),
      ...checkMaxconn(configuration),
      ...checkLogFormats(configuration),
      ...tls.diagnostics,
      ...findMoverGaps(configuration, loadMoverAddon()),
      ...findPageGaps(configuration),
      ...checkPatternFiles(configuration),
      ...resolved.diagnostics.map((found) => softened(found, options.ignoreResolveFailures)),
    ],
    tls,
    addresses: resolved.addresses,
    environment,
  };
}

function softened(diagnostic: Diagnostic, ignore = false): Diagnostic {
  return ignore ? { ...diagnostic, severity: "warning" } : diagnostic;
}

/** What is told of a configuration that is not taken; `undefined`: it may be. */
export function refusalOf(
  { configuration, diagnostics }: LoadedConfiguration,
  warningsAreErrors: boolean,
): readonly Diagnostic[] | undefined {
  const isRefused = diagnostics.some(
    ({ severity }) => severity === "alert" || (severity === "warning" && warningsAreErrors),
  );
  if (isRefused) return diagnostics;
  return hasListeners(configuration) ? undefined : [...diagnostics, NO_LISTENER];
}
