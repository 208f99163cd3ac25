// A firing and a silent case for every mistake that lints of one file find.
import type { LintFacts } from "../../../../ha/config/lint/lint.ts";
import {
  agentConfiguration,
  ip,
  scriptConfiguration,
  syncGroupConfiguration,
  trackReference,
} from "../../../support/agent-configuration.ts";
import { tracking, type LintCase } from "./lint-case.ts";
import { SCRIPT_CASES } from "./lint-script-cases.ts";

function rival(changes: Partial<NonNullable<LintFacts["advertsHeard"]>[number]> = {}): LintFacts {
  return {
    advertsHeard: [
      {
        interface: "eth0",
        vrid: 51,
        family: 4,
        priority: 90,
        source: ip("10.9.9.2"),
        vips: [ip("10.9.9.100")],
        ...changes,
      },
    ],
  };
}

const WEIGHTS: readonly LintCase[] = [
  {
    name: "1 a weight that does not pass the difference to the rival that was heard",
    configuration: tracking({ weight: -10 }, { priority: 110 }),
    facts: rival(),
    pattern: /keeps the VIP although/,
    fires: "warning",
    hint: "weight -21",
  },
  {
    name: "1 a weight equal to the difference: the address would decide",
    configuration: tracking({ weight: 20 }, { priority: 110 }),
    facts: rival(),
    pattern: /keeps the VIP although/,
    fires: "warning",
    hint: "weight 21",
  },
  {
    name: "1 a weight that passes it",
    configuration: tracking({ weight: -21 }, { priority: 110 }),
    facts: rival(),
    pattern: /keeps the VIP although/,
    fires: "no",
  },
  {
    name: "1 a small weight below the usual distance, nobody heard",
    configuration: tracking({ weight: 2 }, { priority: 150, initialState: "MASTER" }),
    pattern: /100, the usual priority of a backup/,
    fires: "notice",
    hint: "weight 51",
  },
  {
    name: "1 the users' 101 with weight 2",
    configuration: tracking({ weight: 2 }, { priority: 101, initialState: "MASTER" }),
    pattern: /keeps the VIP although/,
    fires: "no",
  },
  {
    name: "1 the weight of the reference counts, and 0 is FAULT",
    configuration: tracking(
      { weight: 2 },
      {
        priority: 150,
        initialState: "MASTER",
        trackedScripts: [trackReference("chk", { weight: 0 })],
      },
    ),
    pattern: /keeps the VIP although/,
    fires: "no",
  },
  {
    name: "2 weight with nopreempt",
    configuration: tracking({ weight: -60 }, { isNopreempt: true }),
    pattern: /no effect together with nopreempt/,
    fires: "warning",
    hint: "weight 0",
  },
  {
    name: "2 weight of a sync group with nopreempt",
    configuration: agentConfiguration({
      instances: [{ isNopreempt: true }],
      scripts: [scriptConfiguration({ weight: 60 })],
      syncGroups: [
        syncGroupConfiguration({ members: ["VI_1"], trackedScripts: [trackReference("chk")] }),
      ],
    }),
    pattern: /no effect together with nopreempt/,
    fires: "warning",
  },
  {
    name: "2 FAULT with nopreempt",
    configuration: tracking({ weight: 0 }, { isNopreempt: true }),
    pattern: /no effect together with nopreempt/,
    fires: "no",
  },
];

const PREEMPTION: readonly LintCase[] = [
  {
    name: "3 nopreempt with state MASTER",
    configuration: agentConfiguration({
      instances: [{ isNopreempt: true, initialState: "MASTER" }],
    }),
    pattern: /no effect with 'state MASTER'/,
    fires: "warning",
    hint: "state BACKUP",
  },
  {
    name: "3 nopreempt with state BACKUP",
    configuration: agentConfiguration({ instances: [{ isNopreempt: true }] }),
    pattern: /no effect with 'state MASTER'/,
    fires: "no",
  },
  {
    name: "4 nopreempt without a startup delay",
    configuration: agentConfiguration({ instances: [{ isNopreempt: true }] }),
    pattern: /does not hold after a reboot/,
    fires: "warning",
    hint: "vrrp_startup_delay",
  },
  {
    name: "4 nopreempt with a startup delay",
    configuration: agentConfiguration({
      global: { startupDelayMs: 10_000 },
      instances: [{ isNopreempt: true }],
    }),
    pattern: /does not hold after a reboot/,
    fires: "no",
  },
];

const ADDRESSES: readonly LintCase[] = [
  {
    name: "10 vrrp_strict",
    configuration: agentConfiguration({ instances: [{ isStrict: true, unicast: ["10.9.9.2"] }] }),
    pattern: /vrrp_strict lets .* unicast_peer is against/,
    fires: "warning",
    hint: "Remove",
  },
  {
    name: "10 not strict",
    configuration: agentConfiguration(),
    pattern: /vrrp_strict/,
    fires: "no",
  },
  {
    name: "no_accept",
    configuration: agentConfiguration({ instances: [{ isAccepting: false }] }),
    pattern: /no_accept has no effect here/,
    fires: "warning",
    hint: "firewall",
  },
  {
    name: "no_accept of the owner of the addresses",
    configuration: agentConfiguration({ instances: [{ isAccepting: false, priority: 255 }] }),
    pattern: /no_accept/,
    fires: "no",
  },
  {
    name: "11 no prefix length, the interface's is proposed",
    configuration: agentConfiguration({ instances: [{ vips: ["10.9.9.100"] }] }),
    facts: { interfaceAddresses: () => [{ address: ip("10.9.8.1"), prefixLength: 22 }] },
    pattern: /10\.9\.9\.100 has no prefix length and is added as \/32/,
    fires: "warning",
    hint: "10.9.9.100/22",
  },
  {
    name: "11 a prefix length, and a link-local address",
    configuration: agentConfiguration({
      instances: [{ vips: ["10.9.9.100/32"] }, { name: "V6", vips: ["fe80::1"] }],
    }),
    pattern: /no prefix length/,
    fires: "no",
  },
  {
    name: "12 a rival with the same priority",
    configuration: agentConfiguration(),
    facts: rival({ priority: 100 }),
    pattern: /has priority 100, and so has 10\.9\.9\.2/,
    fires: "warning",
    hint: "priority 101",
  },
  {
    name: "12 a rival with another priority",
    configuration: agentConfiguration(),
    facts: rival(),
    pattern: /and so has/,
    fires: "no",
  },
  {
    name: "14 a stranger with the same VRID",
    configuration: agentConfiguration(),
    facts: rival({ vips: [ip("10.9.9.7")] }),
    pattern: /VRID 51 is taken by 10\.9\.9\.2/,
    fires: "warning",
    hint: "virtual_router_id",
  },
  {
    name: "14 the examples' number, nobody heard",
    configuration: agentConfiguration(),
    pattern: /what most examples use/,
    fires: "notice",
    hint: "virtual_router_id",
  },
  {
    name: "14 another number; or the pair's own adverts",
    configuration: agentConfiguration({ instances: [{ vrid: 77 }] }),
    facts: rival({ vrid: 77 }),
    pattern: /VRID/,
    fires: "no",
  },
  {
    name: "a listener on the VIP without ip_nonlocal_bind",
    configuration: agentConfiguration(),
    facts: { balancerAddresses: [ip("10.9.9.100")], bindsNonlocal: () => false },
    pattern: /net\.ipv4\.ip_nonlocal_bind is 0/,
    fires: "warning",
    hint: "net.ipv4.ip_nonlocal_bind = 1",
  },
  {
    name: "a listener on the VIP with ip_nonlocal_bind",
    configuration: agentConfiguration(),
    facts: { balancerAddresses: [ip("10.9.9.100")], bindsNonlocal: () => true },
    pattern: /ip_nonlocal_bind/,
    fires: "no",
  },
];

/** All cases. */
export const LINT_CASES: readonly LintCase[] = [
  ...WEIGHTS,
  ...PREEMPTION,
  ...SCRIPT_CASES,
  ...ADDRESSES,
];
