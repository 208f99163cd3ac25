// Mistake 9: a check of something that both nodes share.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import { parseIp, type IpBytes } from "../../../src/base/ip.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import { isSameBytes, warning, type LintFacts } from "./lint.ts";
import { sourceOf } from "./script-source.ts";
import { isFaultOnFailure, usedScripts } from "./tracked.ts";

const ASKING_COMMAND =
  /(?:^|[\s;|&(`/])(?:curl|wget|nc|ncat|netcat|ping6?|nmap|telnet|mosquitto_(?:sub|pub)|openssl s_client)\s[^\n;|&)`]*/g;

/** Mistake 9: when the shared thing fails, both nodes are in FAULT, and nobody has the VIP. */
export function* lintSharedTarget(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  for (const script of usedScripts(configuration)) {
    if (script.isBalancerWatch || !isFaultOnFailure(script, configuration)) continue;
    const own = ownAddresses(configuration, facts);
    const target = targets(sourceOf(script.command, facts)).find((host) => !isOwn(host, own));
    if (target === undefined) continue;
    yield warning(
      script.command.position,
      `script ${script.name} asks ${target}, which is not this node: when it does not answer, both ` +
        `nodes go to FAULT together, and nobody has the VIP.`,
      "Ask the balancer of this node (127.0.0.1), or give the script a 'weight', such as " +
        "'weight -20', so that the better node keeps the VIP.",
    );
  }
}

/** Hosts that a script talks to, as far as they stand there in full. */
function targets(source: string): readonly string[] {
  return Array.from(source.matchAll(ASKING_COMMAND), ([command]) => {
    const words = command.trim().split(/\s+/).slice(1);
    return words.map(hostOf).filter((host) => host !== undefined);
  }).flat();
}

/** The host of a URL, or a numeric address, with or without a port. */
function hostOf(word: string): string | undefined {
  const text = word.replace(/^["']|["']$/g, "");
  const url = /^[a-z]+:\/\/(?:[^/@\s]*@)?(\[[^\]]+\]|[^/:\s]+)/i.exec(text);
  const host = (url?.[1] ?? text.replace(/^(\d+(?:\.\d+){3}):\d+$/, "$1")).replace(/^\[|\]$/g, "");
  if (url !== null) return host.includes("$") ? undefined : host;
  return parseIp(host) === undefined ? undefined : host;
}

function isOwn(host: string, own: readonly IpBytes[]): boolean {
  if (host === "localhost" || host.startsWith("localhost.")) return true;
  const address = parseIp(host);
  // Names other than localhost may well be this node's: nothing is known about them.
  if (address === undefined) return true;
  return isLoopback(address) || own.some((candidate) => isSameBytes(candidate, address));
}

function isLoopback(address: IpBytes): boolean {
  if (address.length === 4) return address[0] === 127 || address.every((byte) => byte === 0);
  return address.subarray(0, 15).every((byte) => byte === 0) && address[15]! <= 1;
}

function ownAddresses(configuration: AgentConfiguration, facts: LintFacts): readonly IpBytes[] {
  return configuration.instances.flatMap((instance) => [
    ...(instance.sourceIp === undefined ? [] : [instance.sourceIp]),
    ...[...instance.vips, ...instance.excludedVips].map(({ address }) => address),
    ...(facts.interfaceAddresses?.(instance.interface) ?? []).map(({ address }) => address),
  ]);
}
