// `tandem check` and `haproxy -c`.
import type { Diagnostic } from "../src/base/diagnostic.ts";
import { parseIp, type IpBytes } from "../src/base/ip.ts";
import { describeConfiguration, hasListeners } from "../src/config/describe.ts";
import { renderDiagnostics } from "../src/config/render.ts";
import {
  hasAlerts,
  hasWarnings,
  loadConfiguration,
  type LoadedConfiguration,
} from "../src/io/load-configuration.ts";
import type { Output } from "./output.ts";

/** What to check, and how much to say. */
export interface CheckOptions {
  readonly files: readonly string[];
  readonly isQuiet: boolean;
  readonly warningsAreErrors: boolean;
  readonly ignoreResolveFailures?: boolean;
  readonly localpeer?: string;
  /** Whether to print what the configuration will do. */
  readonly describes: boolean;
}

const ZERO_WARNING = "Some warnings were found and 'zero-warning' is set. Aborting.";

/** Checks files; yields HAProxy's exit codes: 0 valid, 1 errors, 2 valid but nothing would listen. */
export async function checkConfiguration(
  options: CheckOptions,
  output: Output,
): Promise<0 | 1 | 2> {
  const loaded = await loadConfiguration(options.files, {
    ignoreResolveFailures: options.ignoreResolveFailures ?? false,
    ...(options.localpeer === undefined ? {} : { localpeer: options.localpeer }),
  });
  const diagnostics = withVerdict(loaded.diagnostics, options.warningsAreErrors);
  if (!options.isQuiet) output.error(renderDiagnostics(diagnostics, process.pid));
  if (hasAlerts(diagnostics)) return 1;
  if (!hasListeners(loaded.configuration)) {
    if (!options.isQuiet) {
      output.out("Configuration file has no error but will not start (no listener) => exit(2).\n");
    }
    return 2;
  }
  if (!options.isQuiet) output.out(successText(loaded, options.describes));
  return 0;
}

/** The findings and, where warnings forbid the start, an alert that says so. */
export function withVerdict(
  diagnostics: readonly Diagnostic[],
  warningsAreErrors: boolean,
): readonly Diagnostic[] {
  if (!warningsAreErrors || !hasWarnings(diagnostics) || hasAlerts(diagnostics)) return diagnostics;
  return [...diagnostics, { severity: "alert", message: ZERO_WARNING }];
}

function successText(loaded: LoadedConfiguration, describes: boolean): string {
  const warned = hasWarnings(loaded.diagnostics) ? "Warnings were found.\n" : "";
  const description = describes ? describeConfiguration(loaded.configuration) : "";
  const separator = description === "" || description.endsWith("\n") ? "" : "\n";
  return `${description}${separator}${warned}Configuration file is valid\n`;
}

/** Numeric addresses that the listeners of files name; wildcards are left out. */
export async function listenAddresses(files: readonly string[]): Promise<readonly IpBytes[]> {
  const { configuration } = await loadConfiguration(files, { ignoreResolveFailures: true });
  return configuration.proxies
    .filter(({ disabled }) => !disabled)
    .flatMap(({ frontend }) => frontend?.binds ?? [])
    .flatMap(({ address }) => {
      const bytes = address.kind === "ip" ? parseIp(address.host) : undefined;
      return bytes?.some((byte) => byte !== 0) === true ? [bytes] : [];
    });
}
