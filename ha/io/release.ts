// Removes from the kernel what a configuration may have put there: `tandem release`, after
// everything was killed.
import type { AgentConfiguration } from "../config/model/configuration.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import { VIP_SCRIPT_MS } from "../limits.ts";
import {
  extraRemovals,
  kernelAddressOf,
  kernelRemovalWords,
  printKernelAddress,
  removalWords,
  scriptArguments,
  vipsOf,
} from "../vip/commands.ts";
import { KernelView } from "../vip/kernel-view.ts";
import { parseMonitorLine } from "../vip/monitor-lines.ts";
import { vmacRemovalWords } from "../vip/vmac.ts";
import type { KernelAddress } from "../vip/vip-events.ts";
import { IpBatch } from "./ip-batch.ts";
import { runProgram } from "./run-program.ts";

/** What was removed, and what could not be and why. */
export interface Release {
  readonly removed: readonly KernelAddress[];
  readonly problems: readonly string[];
}

/**
 * Removes all VIPs of a configuration that are in the kernel, with their routes, rules and macvlans.
 * The VIPs of an address owner (priority 255) are the machine's own addresses and stay. `prefix` is
 * put before `ip`.
 */
export async function releaseConfigured(
  configuration: AgentConfiguration,
  prefix: readonly string[] = [],
): Promise<Release> {
  const problems: string[] = [];
  const batch = new IpBatch({ prefix });
  try {
    const before = await readKernel(batch, problems);
    const instances = configuration.instances.filter(({ priority }) => priority !== 255);
    const found = instances.flatMap((instance) => placesOf(instance, before));
    const failures = await Promise.all(
      found.map(({ instance, address, index }) =>
        remove(batch, configuration, instance, address, index),
      ),
    );
    const extras = instances.flatMap((instance) => [
      ...extraRemovals(instance),
      ...(instance.vmac === undefined ? [] : [vmacRemovalWords(instance.vmac.device)]),
    ]);
    for (const words of extras) {
      const problem = await batch.run(words);
      if (problem !== undefined) problems.push(`"ip ${words.join(" ")}" failed: ${problem}`);
    }
    const after = await readKernel(batch, problems);
    const removed: KernelAddress[] = [];
    for (const [i, { address }] of found.entries()) {
      if (after.find(address.device, address.address) === undefined) removed.push(address);
      else {
        const reason = failures[i] ?? "it is still there; does something else put it back?";
        const text = `${printKernelAddress(address)} dev ${address.device}`;
        problems.push(`${text} could not be removed: ${reason}`);
      }
    }
    return { removed, problems };
  } finally {
    batch.close();
  }
}

interface Found {
  readonly instance: InstanceConfiguration;
  /** As the kernel has it. */
  readonly address: KernelAddress;
  /** Of the VIP in the instance. */
  readonly index: number;
}

function placesOf(instance: InstanceConfiguration, kernel: KernelView): readonly Found[] {
  return vipsOf(instance).flatMap((vip, index) => {
    const place = kernelAddressOf(instance, vip);
    const address = kernel.find(place.device, place.address);
    return address === undefined ? [] : [{ instance, address, index }];
  });
}

async function remove(
  batch: IpBatch,
  configuration: AgentConfiguration,
  instance: InstanceConfiguration,
  address: KernelAddress,
  index: number,
): Promise<string | undefined> {
  const vip = vipsOf(instance)[index]!;
  const isAsConfigured = kernelAddressOf(instance, vip).prefixLength === address.prefixLength;
  const words = isAsConfigured ? removalWords(instance, vip) : kernelRemovalWords(address);
  const { vipDown } = configuration.tandem;
  if (vipDown === undefined) return batch.run(words);
  return runProgram(vipDown, scriptArguments(words), VIP_SCRIPT_MS);
}

async function readKernel(batch: IpBatch, problems: string[]): Promise<KernelView> {
  const { lines, problem } = await batch.ask(["address", "show"]);
  if (problem !== undefined) problems.push(`The kernel's addresses cannot be read: ${problem}`);
  const kernel = new KernelView();
  for (const line of lines) {
    const parsed = parseMonitorLine(line);
    if (parsed?.kind === "address") kernel.add(parsed.address);
  }
  return kernel;
}
