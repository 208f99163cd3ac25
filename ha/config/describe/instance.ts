// One virtual router in words.
import { printIp } from "../../../src/base/ip.ts";
import { contributionOf } from "../../track/contribution.ts";
import { masterDownMs, skewMs } from "../../vrrp/timers.ts";
import { trackedBy, type Tracked } from "../lint/tracked.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import type { InstanceConfiguration, VipConfiguration } from "../model/instance.ts";
import { range, span, times } from "./words.ts";

/** Where it speaks, its timers, VIPs, what it tracks, and what its priority wins. */
export function describeInstance(
  instance: InstanceConfiguration,
  configuration: AgentConfiguration,
): readonly string[] {
  const tracked = trackedBy(instance, configuration);
  return [
    `  vrrp_instance ${instance.name}: VRID ${instance.vrid} on ${instance.interface}, VRRP version ` +
      `${instance.version}${authentication(instance)}, ${path(instance)}`,
    ...timers(instance).map((line) => `    ${line}`),
    ...instance.vips.map((vip) => `    holds ${describeVip(vip, instance)}`),
    ...instance.excludedVips.map(
      (vip) => `    holds ${describeVip(vip, instance)}, not named in adverts`,
    ),
    ...instance.virtualRoutes.map((words) => `    holds the route ${words.join(" ")}`),
    ...instance.virtualRules.map((words) => `    holds the rule ${words.join(" ")}`),
    ...tracked.map((one) => `    ${describeTracked(one, configuration)}`),
    ...(instance.ignoresInterfaceState ? [] : [`    FAULT while ${instance.interface} is down`]),
    ...standing(instance, tracked).map((line) => `    ${line}`),
  ];
}

function authentication({ authentication: { kind } }: InstanceConfiguration): string {
  return kind === "pass" ? " with a password" : "";
}

function path({ unicast, sourceIp, multicastGroup, vmac }: InstanceConfiguration): string {
  const to =
    unicast === undefined
      ? `multicast to ${printIp(multicastGroup)}`
      : `unicast to ${unicast.peers.map(({ address }) => printIp(address)).join(", ") || "nobody"}`;
  const from = sourceIp === undefined ? "" : ` from ${printIp(sourceIp)}`;
  return `${to}${from}${vmac === undefined ? "" : `, virtual MAC on ${vmac.device}`}`;
}

/** As master, and as the backup of a master with the same interval. */
function timers(instance: InstanceConfiguration): readonly string[] {
  const inputs = {
    version: instance.version,
    priority: instance.priority,
    masterIntervalMs: instance.advertIntervalMs,
    downTimerAdverts: instance.downTimerAdverts,
  };
  const latestMs = masterDownMs(inputs);
  // Whoever falls silent has sent up to one interval before.
  const earliestMs = latestMs - instance.advertIntervalMs;
  const stop = instance.unicast?.peers.length === 1 ? "at once" : `after ${span(skewMs(inputs))}`;
  return [
    `adverts every ${span(instance.advertIntervalMs)}; as backup it notices a master's silent death ` +
      `after ${range(earliestMs, latestMs)}, its stop ${stop}`,
  ];
}

function describeVip(vip: VipConfiguration, instance: InstanceConfiguration): string {
  const device = vip.device ?? instance.vmac?.device ?? instance.interface;
  const label = vip.label === undefined ? "" : ` as ${vip.label}`;
  return `${printIp(vip.address)}/${vip.prefixLength} on ${device}${label}`;
}

function describeTracked(tracked: Tracked, configuration: AgentConfiguration): string {
  const effect = `${how(tracked, configuration)}: ${consequence(tracked)}`;
  return `tracks ${tracked.kind} ${tracked.name}${effect}`;
}

function how({ kind, name }: Tracked, configuration: AgentConfiguration): string {
  if (kind === "script") {
    const script = configuration.scripts.find((one) => one.name === name);
    if (script === undefined) return "";
    const what = script.isBalancerWatch
      ? "answered by the watch of the balancer"
      : `${JSON.stringify(script.command.words.join(" "))} every ${span(script.intervalMs)}`;
    return ` (${what}, down after failing ${times(script.fall)}, up after succeeding ${times(script.rise)})`;
  }
  if (kind === "process") {
    const process = configuration.processes.find((one) => one.name === name);
    if (process === undefined) return "";
    const count = process.quorum === 1 ? "" : `, at least ${process.quorum}`;
    const what = process.isBalancerWatch ? "the watch of the balancer" : process.words.join(" ");
    return ` (${what}${count})`;
  }
  if (kind === "file") {
    const file = configuration.files.find((one) => one.name === name);
    return file === undefined ? "" : ` (the number in ${file.file})`;
  }
  return "";
}

function consequence({ kind, weight, isReversed }: Tracked): string {
  if (kind === "file") {
    return weight === 0
      ? `FAULT unless it is ${isReversed ? "other than " : ""}0`
      : `changes the priority by ${isReversed ? -weight : weight} times that`;
  }
  if (weight === 0) return `FAULT while it is ${isReversed ? "up" : "down"}`;
  const state = weight > 0 ? "up" : "down";
  const { delta } = contributionOf(weight, isReversed, state);
  return `priority ${delta > 0 ? "+" : ""}${delta} while it is ${state}`;
}

/** The priorities that the instance may have, and what they win. */
function standing(instance: InstanceConfiguration, tracked: readonly Tracked[]): readonly string[] {
  if (instance.priority === 255) {
    return ["priority 255, the address owner: is master whenever it runs without a fault"];
  }
  const well = priorityOf(instance, tracked, "up");
  const ill = tracked
    .filter(({ kind, weight }) => kind !== "file" && weight !== 0)
    .map(
      (one) =>
        `${priorityOf(instance, tracked, "up", one.name)} when ${one.kind} ${one.name} fails`,
    );
  const base = well === instance.priority ? "" : ` (${instance.priority} and weights)`;
  const also = ill.length === 0 ? "" : `, ${ill.join(", ")}`;
  return [
    `priority ${well}${base} while all is well${also}: becomes master of a node with less, ` +
      `gives way to one with more, and of two equal ones the higher address wins`,
    ...(instance.isNopreempt
      ? ["nopreempt: does not take the VIPs from a master, whatever its priority is"]
      : instance.preemptDelayMs > 0
        ? [`takes the VIPs from a lower master only after ${span(instance.preemptDelayMs)}`]
        : []),
  ];
}

/** The priority with everything tracked up, except for what is named `failing`; 1..254, or 255. */
export function priorityOf(
  instance: InstanceConfiguration,
  tracked: readonly Tracked[],
  verdict: "up" | "down",
  failing?: string,
): number {
  if (instance.priority === 255) return 255;
  const sum = tracked
    .filter(({ kind }) => kind !== "file")
    .map(({ name, weight, isReversed }) => {
      const state = name === failing ? "down" : verdict;
      return contributionOf(weight, isReversed, state).delta;
    })
    .reduce((total, delta) => total + delta, instance.priority);
  return Math.min(254, Math.max(1, sum));
}
