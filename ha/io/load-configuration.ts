// From the path of a keepalived.conf to a configuration, with everything that is to be said about it.
import { hostname } from "node:os";
import type { Diagnostic } from "../../src/base/diagnostic.ts";
import { lintConfiguration } from "../config/lint/lint-configuration.ts";
import type { LintFacts } from "../config/lint/lint.ts";
import { explainReaderFindings } from "../config/lint/reader-findings.ts";
import { readKeepalivedConfiguration, type ReadOutcome } from "../config/read.ts";
import { fileSources, interfaceExists, userExists } from "./configuration-files.ts";
import { machineFacts } from "./lint-facts.ts";
import { checkScript } from "./script-security.ts";

/** How to load. */
export interface LoadOptions {
  readonly file: string;
  /** `-i`; the host's short name when absent. */
  readonly configId?: string;
  /** Whether a balancer is supervised, as below `tandem run`. */
  readonly hasBalancer: boolean;
  /** Takes every interface for existing: the file is meant for another namespace, or for cleaning up. */
  readonly takesAnyInterface?: boolean;
  /** Addresses that this balancer listens on, where they are known. */
  readonly balancerAddresses?: LintFacts["balancerAddresses"];
}

/** What the reader made of it; its findings are explained. */
export interface LoadedConfiguration extends ReadOutcome {
  /** The usual mistakes that the grammar permits; they never change the exit code. */
  readonly lints: readonly Diagnostic[];
}

/** Reads and lints a file; never rejects for what stands in it, or for its absence. */
export function loadAgentConfiguration(options: LoadOptions): Promise<LoadedConfiguration> {
  const { file, configId, hasBalancer, takesAnyInterface = false, balancerAddresses } = options;
  const outcome = readKeepalivedConfiguration({
    file,
    sources: fileSources(),
    hostName: hostname(),
    environment: process.env,
    ...(takesAnyInterface ? {} : { interfaceExists }),
    scriptAccess: checkScript,
    userExists,
    hasBalancer,
    ...(configId === undefined ? {} : { configId }),
  });
  const more = balancerAddresses === undefined ? {} : { balancerAddresses };
  const facts = machineFacts({ hasBalancer, ...more });
  return Promise.resolve({
    ...outcome,
    diagnostics: explainReaderFindings(outcome.diagnostics),
    lints: lintConfiguration(outcome.configuration, facts),
  });
}
