// What two nodes' files must have in common, and what must differ.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import { printIp } from "../../../src/base/ip.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import type { InstanceConfiguration } from "../model/instance.ts";
import { isSameBytes, warning } from "./lint.ts";
import { pairInstances, type InstancePair } from "./pairing.ts";
import { lintPairPriorities } from "./pair-priorities.ts";
import { lintPairUnicast } from "./pair-unicast.ts";

/** Compares the files of the two nodes of a pair; findings stand at places of the second file. */
export function lintPair(
  first: AgentConfiguration,
  second: AgentConfiguration,
): readonly Diagnostic[] {
  const { pairs, onlyFirst, onlySecond } = pairInstances(first, second);
  return [
    ...onlyFirst.map((instance) => alone(instance, "second")),
    ...onlySecond.map((instance) => alone(instance, "first")),
    ...pairs.flatMap((pair) => [
      ...lintVrid(pair),
      ...lintVersion(pair),
      ...lintInterval(pair),
      ...lintAuthentication(pair),
      ...lintVips(pair),
      ...lintPairUnicast(pair),
      ...lintPairPriorities(pair, first, second),
    ]),
    ...lintHeartbeats(first, second),
  ];
}

function alone(instance: InstanceConfiguration, missingIn: "first" | "second"): Diagnostic {
  return warning(
    instance.position,
    `(${instance.name}) VRID ${instance.vrid} with IPv${instance.family} has no counterpart in the ` +
      `${missingIn} file: when this node fails, nobody takes its VIPs.`,
    `Write a vrrp_instance with 'virtual_router_id ${instance.vrid}' and the same VIPs there, too.`,
  );
}

function* lintVrid({ first, second }: InstancePair): Iterable<Diagnostic> {
  if (first.vrid === second.vrid) return;
  yield warning(
    second.position,
    `(${second.name}) has VRID ${second.vrid}, but ${first.vrid} in the first file: the nodes do not ` +
      `hear each other, and both become master.`,
    `Write 'virtual_router_id ${first.vrid}' in both files.`,
  );
}

function* lintVersion({ first, second }: InstancePair): Iterable<Diagnostic> {
  if (first.version === second.version) return;
  yield warning(
    second.position,
    `(${second.name}) speaks VRRP version ${second.version}, but version ${first.version} in the ` +
      `first file: each node drops the other's adverts, and both become master.`,
    `Write 'vrrp_version ${Math.max(first.version, second.version)}' in global_defs of both files.`,
  );
}

function* lintInterval({ first, second }: InstancePair): Iterable<Diagnostic> {
  if (first.advertIntervalMs === second.advertIntervalMs) return;
  const [a, b] = [first.advertIntervalMs / 1_000, second.advertIntervalMs / 1_000];
  const outcome =
    second.version === 2
      ? "Keepalived drops such adverts in version 2, and both nodes become master."
      : "the backup follows the master's interval, so that failover takes a time that depends on " +
        "who was master.";
  yield warning(
    second.position,
    `(${second.name}) adverts go out every ${b} s, but every ${a} s in the first file: ${outcome}`,
    `Write 'advert_int ${a}' in both files.`,
  );
}

/** Neither password is ever shown. */
function* lintAuthentication({ first, second }: InstancePair): Iterable<Diagnostic> {
  const [a, b] = [first.authentication, second.authentication];
  if (a.kind === b.kind && (a.kind === "none" || b.kind === "none")) return;
  const isEqual = a.kind === "pass" && b.kind === "pass" && isSameBytes(a.password, b.password);
  if (isEqual) return;
  const difference =
    a.kind === b.kind
      ? "another auth_pass than the first file has"
      : `${b.kind === "pass" ? "a password" : "no authentication"}, unlike the first file`;
  yield warning(
    second.position,
    `(${second.name}) has ${difference}: each node drops the other's adverts, and both become master.`,
    "Write the same 'authentication' block in both files, or none.",
  );
}

function* lintVips({ first, second }: InstancePair): Iterable<Diagnostic> {
  const lists = [
    ["VIPs", first.vips, second.vips],
    ["excluded VIPs", first.excludedVips, second.excludedVips],
  ] as const;
  for (const [what, a, b] of lists) {
    const namesA = a.map(({ address }) => printIp(address));
    const namesB = b.map(({ address }) => printIp(address));
    const differing = [
      ...namesA.filter((name) => !namesB.includes(name)).map((name) => `${name} only in the first`),
      ...namesB
        .filter((name) => !namesA.includes(name))
        .map((name) => `${name} only in the second`),
    ];
    if (differing.length === 0) continue;
    const outcome =
      what === "VIPs"
        ? "Keepalived up to 2.3.2 drops such adverts, and both nodes become master; newer ones " +
          "and Tandem complain, and an address that only one node has is lost with it."
        : "an address that only one node has is lost with it.";
    yield warning(
      second.position,
      `(${second.name}) ${what} differ, ${differing.join(", ")}: ${outcome}`,
      "Write the same addresses in both files.",
    );
  }
}

function* lintHeartbeats(
  first: AgentConfiguration,
  second: AgentConfiguration,
): Iterable<Diagnostic> {
  const position = second.instances[0]?.position ?? first.instances[0]?.position;
  if (position === undefined) return;
  const [a, b] = [first.tandem.heartbeats, second.tandem.heartbeats];
  const lost = a.filter(
    (mine) =>
      !b.some(
        (theirs) =>
          theirs.local.host === mine.peer.host &&
          theirs.peer.host === mine.local.host &&
          theirs.peer.port === mine.local.port &&
          theirs.local.port === mine.peer.port &&
          isSameBytes(theirs.key, mine.key),
      ),
  );
  if (lost.length === 0 && a.length === b.length) return;
  const path = lost[0] ?? b[0]!;
  yield warning(
    position,
    `the heartbeat path ${path.local.host} to ${path.peer.host} has no mirror image with the same key ` +
      `in the other file: the second path stays silent.`,
    `Write '#tandem heartbeat ${path.peer.host} ${path.local.host} key ...' with the same key there.`,
  );
}
