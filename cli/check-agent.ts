// `tandem check -k`: one node's keepalived.conf, or both nodes' files side by side.
import { describeAgent, describeElection } from "../ha/config/describe.ts";
import { lintPair } from "../ha/config/lint/pair.ts";
import { loadAgentConfiguration, type LoadedConfiguration } from "../ha/io/load-configuration.ts";
import type { IpBytes } from "../src/base/ip.ts";
import { renderFindings, renderLints } from "./agent-findings.ts";
import type { Output } from "./output.ts";

/** What to check, and how much to say. */
export interface AgentCheckOptions {
  /** One file, or those of two nodes. */
  readonly files: readonly string[];
  /** `-i` of each file, in the same order; the host's short name where it is missing. */
  readonly configIds: readonly string[];
  /** Whether the node is to run with a balancer of ours. */
  readonly hasBalancer: boolean;
  /** Where this balancer listens, when its files were read as well. */
  readonly balancerAddresses?: readonly IpBytes[];
  readonly isQuiet: boolean;
}

/**
 * Checks files and says what the nodes will do. Exit codes are those of `keepalived -t`: 0 valid, 4 fatal,
 * 5 an error, 6 scripts without script security; but 1 for a file that is not there.
 */
export async function checkAgentFiles(options: AgentCheckOptions, output: Output): Promise<number> {
  const loaded = await Promise.all(options.files.map((file, at) => load(file, at, options)));
  const [first, second] = loaded;
  const isPair = first !== undefined && second !== undefined;
  if (!options.isQuiet) {
    output.error(loaded.map(renderFindings).join(""));
    if (isPair) output.error(renderLints(lintPair(first.configuration, second.configuration)));
  }
  const code = Math.max(0, ...loaded.map(exitCodeOf));
  if (code !== 0 || options.isQuiet) return code;
  const { hasBalancer } = options;
  for (const { configuration } of loaded) output.out(describeAgent(configuration, { hasBalancer }));
  if (isPair) output.out(describeElection(first.configuration, second.configuration));
  output.out(options.files.map((file) => `${file} is valid\n`).join(""));
  return 0;
}

function load(
  file: string,
  at: number,
  { configIds, hasBalancer, balancerAddresses }: AgentCheckOptions,
): Promise<LoadedConfiguration> {
  const configId = configIds[at];
  return loadAgentConfiguration({
    file,
    hasBalancer,
    ...(configId === undefined ? {} : { configId }),
    ...(balancerAddresses === undefined ? {} : { balancerAddresses }),
  });
}

/** The original exits with 0 for a file that is missing, which helps nobody here. */
function exitCodeOf({ exitCode, isUsable }: LoadedConfiguration): number {
  return exitCode === 0 && !isUsable ? 1 : exitCode;
}
