// `tandem release`: what a configuration may have put into the kernel is taken away.
import type { ReleaseReport } from "./agent-options.ts";
import { loadAgentConfiguration } from "./io/load-configuration.ts";
import { releaseConfigured } from "./io/release.ts";
import { printKernelAddress } from "./vip/commands.ts";

/** Where to look. */
export interface ReleaseOptions {
  readonly file: string;
  readonly configId?: string;
  readonly namespace?: string;
}

/** Removes every VIP of a file; what the file does not say clearly is a problem, and the rest is done. */
export async function releaseVips(options: ReleaseOptions): Promise<ReleaseReport> {
  const { file, configId, namespace } = options;
  const loaded = await loadAgentConfiguration({
    file,
    hasBalancer: true,
    // An interface that is not here holds no address, and another namespace has its own.
    takesAnyInterface: true,
    ...(configId === undefined ? {} : { configId }),
  });
  const prefix = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
  const { removed, problems } = await releaseConfigured(loaded.configuration, prefix);
  const unreadable = loaded.isUsable
    ? []
    : [`${file} cannot be used as it is; 'tandem check -k ${file}' says why`];
  return {
    removed: removed.map((address) => `${printKernelAddress(address)} dev ${address.device}`),
    problems: [...unreadable, ...problems],
  };
}
