import { describe, expect, test } from "vitest";
import { NOTIFY_QUEUE_MAX, NOTIFY_RUN_MS_MAX } from "../../../../ha/limits.ts";
import { Notices, type NoticeEvent } from "../../../../ha/notify/notices.ts";
import type { VrrpState } from "../../../../ha/vrrp/election-events.ts";
import {
  agentConfiguration,
  notifyCommand,
  syncGroupConfiguration,
  type AgentDraft,
} from "../../../support/agent-configuration.ts";

const NOTIFY = {
  master: notifyCommand("/n master"),
  backup: notifyCommand("/n backup"),
  fault: notifyCommand("/n fault"),
  stop: notifyCommand("/n stop"),
  any: notifyCommand("/n any"),
  lowerPriorityAdvert: notifyCommand("/n lower"),
};

class Bench {
  readonly notices: Notices;
  nowMs = 1_000;

  constructor(draft: AgentDraft = { instances: [{ name: "V", notify: NOTIFY }] }) {
    this.notices = new Notices(agentConfiguration(draft));
  }

  feed(event: NoticeEvent): string[] {
    this.notices.handle(event, this.nowMs);
    return this.take();
  }

  take(): string[] {
    const seen: string[] = [];
    for (let effect = this.notices.poll(); effect !== undefined; effect = this.notices.poll()) {
      if (effect.kind === "fifo") seen.push(`fifo ${effect.line}`);
      else if (effect.kind === "log") seen.push(`log ${effect.text}`);
      else seen.push([`${effect.id}:`, ...effect.command.words, ...effect.arguments].join(" "));
    }
    return seen;
  }

  state(to: VrrpState, from: VrrpState = "BACKUP", name = "V", priority = 100): string[] {
    const scope = name.startsWith("G") ? "GROUP" : "INSTANCE";
    return this.feed({ kind: "state", scope, name, from, to, priority, reason: "" });
  }

  notified(id: number, problem?: string): string[] {
    return this.feed({ kind: "notified", id, problem });
  }
}

describe("a change of state", () => {
  // Measured on Keepalived 2.2.7: test/netns/keepalived-notices.test.ts.
  test.each([
    ["MASTER", "/n master", "MASTER"],
    ["BACKUP", "/n backup", "BACKUP"],
    ["FAULT", "/n fault", "FAULT"],
    ["INIT", "/n stop", "STOP"],
  ] as const)("to %s: %s with its own words, notify with four more", (to, own, word) => {
    const bench = new Bench();
    expect(bench.state(to)).toEqual([`1: ${own}`, `fifo INSTANCE "V" ${word} 100\n`]);
    expect(bench.notified(1)).toEqual([`2: /n any INSTANCE V ${word} 100`]);
    expect(bench.notices.isIdle).toBe(false);
    expect(bench.notified(2)).toEqual([]);
    expect(bench.notices.isIdle).toBe(true);
  });

  test("of a group has priority 0", () => {
    const group = syncGroupConfiguration({ name: "G", members: ["V"], notify: NOTIFY });
    const bench = new Bench({ instances: [{ name: "V" }], syncGroups: [group] });
    expect(bench.state("MASTER", "BACKUP", "G", 0)).toEqual([
      "1: /n master",
      `fifo GROUP "G" MASTER 0\n`,
    ]);
    expect(bench.notified(1)).toEqual(["2: /n any GROUP G MASTER 0"]);
  });

  test("without commands is a line only", () => {
    const bench = new Bench({ instances: [{ name: "V" }] });
    expect(bench.state("MASTER")).toEqual([`fifo INSTANCE "V" MASTER 100\n`]);
    expect(bench.notices.isIdle).toBe(true);
  });
});

describe("commands", () => {
  test("run one at a time, in order, none left out; lines do not wait", () => {
    const bench = new Bench();
    expect(bench.state("BACKUP", "INIT")).toHaveLength(2);
    expect(bench.state("MASTER")).toEqual([`fifo INSTANCE "V" MASTER 100\n`]);
    expect(bench.state("BACKUP", "MASTER")).toEqual([`fifo INSTANCE "V" BACKUP 100\n`]);
    const order = [1, 2, 3, 4, 5].flatMap((id) => bench.notified(id));
    expect(order).toEqual([
      "2: /n any INSTANCE V BACKUP 100",
      "3: /n master",
      "4: /n any INSTANCE V MASTER 100",
      "5: /n backup",
      "6: /n any INSTANCE V BACKUP 100",
    ]);
  });

  test("that fail are told of, and the next one runs", () => {
    const bench = new Bench();
    bench.state("MASTER");
    expect(bench.notified(1, "exited with status 3")).toEqual([
      'log Notify command "/n master": exited with status 3',
      "2: /n any INSTANCE V MASTER 100",
    ]);
  });

  test("of whose end nothing is heard do not hold up the others for ever", () => {
    const bench = new Bench();
    bench.state("MASTER");
    expect(bench.notices.nextTimeout()).toBeGreaterThan(bench.nowMs + NOTIFY_RUN_MS_MAX);
    bench.nowMs = bench.notices.nextTimeout()!;
    expect(bench.feed({ kind: "timeout" })).toContain("2: /n any INSTANCE V MASTER 100");
    expect(bench.notified(1)).toEqual([]);
  });

  test("wait in a bounded queue: the oldest is dropped, loudly", () => {
    const bench = new Bench();
    const seen: string[] = [];
    for (let count = 0; count <= NOTIFY_QUEUE_MAX / 2; count += 1) {
      seen.push(...bench.state(count % 2 === 0 ? "MASTER" : "BACKUP"));
    }
    const drops = seen.filter((text) => text.startsWith("log"));
    expect(drops).toHaveLength(1);
    expect(drops[0]).toMatch(/^log Dropped the notify command "\/n any INSTANCE V MASTER 100"/);
    expect(bench.notified(1)).toEqual(["2: /n backup"]);
  });
});

test("a lower advert runs its own command only, and writes our priority", () => {
  const bench = new Bench();
  bench.state("MASTER", "BACKUP", "V", 150);
  bench.notified(1);
  bench.notified(2);
  expect(bench.feed({ kind: "lower-priority-advert", instance: "V", priority: 50 })).toEqual([
    "3: /n lower",
    `fifo INSTANCE "V" MASTER_RX_LOWER_PRI 150\n`,
  ]);
});

describe("changes of priority", () => {
  const changing = { name: "V", notifiesPriorityChanges: true };

  test("are lines that tell master from others, once there is a state", () => {
    const bench = new Bench({ instances: [changing] });
    const priority = (value: number): string[] =>
      bench.feed({ kind: "priority", instance: "V", priority: value });
    expect(priority(110)).toEqual([]);
    bench.state("BACKUP", "INIT", "V", 110);
    expect(priority(110)).toEqual([]);
    expect(priority(90)).toEqual([`fifo INSTANCE "V" BACKUP_PRIORITY 90\n`]);
    bench.state("MASTER", "BACKUP", "V", 90);
    expect(priority(100)).toEqual([`fifo INSTANCE "V" MASTER_PRIORITY 100\n`]);
  });

  test("are not told of unless asked for", () => {
    const bench = new Bench({ instances: [{ name: "V" }] });
    bench.state("BACKUP", "INIT");
    expect(bench.feed({ kind: "priority", instance: "V", priority: 90 })).toEqual([]);
  });
});

describe("a fault at the start that only awaits a first result", () => {
  const awaiting = (bench: Bench, isAwaiting: boolean, faults: string[]): void =>
    bench.notices.handle({ kind: "faults", instance: "V", faults, isAwaiting }, 1_000);

  test("is never told of when the result is good", () => {
    const bench = new Bench({ instances: [{ name: "V" }] });
    awaiting(bench, true, ["script chk"]);
    expect(bench.state("FAULT", "INIT")).toEqual([]);
    awaiting(bench, false, []);
    expect(bench.state("BACKUP", "FAULT")).toEqual([`fifo INSTANCE "V" BACKUP 100\n`]);
    expect(bench.take()).toEqual([]);
  });

  test("is told of when the result is bad", () => {
    const bench = new Bench({ instances: [{ name: "V" }] });
    awaiting(bench, true, ["script chk"]);
    expect(bench.state("FAULT", "INIT")).toEqual([]);
    awaiting(bench, false, ["script chk failed"]);
    expect(bench.take()).toEqual([`fifo INSTANCE "V" FAULT 100\n`]);
    expect(bench.take()).toEqual([]);
  });

  test("is held back for the group as well", () => {
    const groups = [syncGroupConfiguration({ name: "G", members: ["V"] })];
    const bench = new Bench({ instances: [{ name: "V" }], syncGroups: groups });
    awaiting(bench, true, ["script chk"]);
    expect([...bench.state("FAULT", "INIT"), ...bench.state("FAULT", "INIT", "G", 0)]).toEqual([]);
    awaiting(bench, false, ["script chk failed"]);
    expect(bench.take()).toEqual([`fifo INSTANCE "V" FAULT 100\n`, `fifo GROUP "G" FAULT 0\n`]);
  });

  test("a stop in that time is told of alone", () => {
    const bench = new Bench({ instances: [{ name: "V" }] });
    awaiting(bench, true, ["script chk"]);
    bench.state("FAULT", "INIT");
    expect(bench.state("INIT", "FAULT")).toEqual([`fifo INSTANCE "V" STOP 100\n`]);
    awaiting(bench, false, []);
    expect(bench.take()).toEqual([]);
  });

  test("later faults are told of at once", () => {
    const bench = new Bench({ instances: [{ name: "V" }] });
    expect(bench.state("FAULT", "INIT")).toEqual([`fifo INSTANCE "V" FAULT 100\n`]);
    awaiting(bench, true, ["script chk"]);
    expect(bench.state("FAULT", "MASTER")).toEqual([`fifo INSTANCE "V" FAULT 100\n`]);
  });
});

describe("a reload", () => {
  test("writes all states when asked to", () => {
    const groups = [syncGroupConfiguration({ name: "G", members: ["V"] })];
    const draft = {
      global: { writesStatesOnReload: true },
      instances: [{ name: "V" }, { name: "new" }],
      syncGroups: groups,
    };
    const bench = new Bench({ instances: [{ name: "V" }], syncGroups: groups });
    bench.state("MASTER", "BACKUP", "V", 120);
    bench.state("MASTER", "BACKUP", "G", 0);
    bench.notices.reconfigure(agentConfiguration(draft), bench.nowMs);
    expect(bench.take()).toEqual([`fifo INSTANCE "V" MASTER 120\n`, `fifo GROUP "G" MASTER 0\n`]);
  });

  test("ends a removed instance as FAULT, for its general command only", () => {
    const bench = new Bench();
    bench.state("MASTER");
    bench.notified(1);
    bench.notified(2);
    const others = agentConfiguration({ instances: [{ name: "W" }] });
    bench.notices.reconfigure(others, bench.nowMs);
    expect(bench.state("INIT", "MASTER")).toEqual([
      "3: /n any INSTANCE V FAULT 100",
      `fifo INSTANCE "V" FAULT 100\n`,
    ]);
  });

  test("does not forget what waits", () => {
    const bench = new Bench();
    bench.state("MASTER");
    bench.notices.reconfigure(agentConfiguration({ instances: [{ name: "V" }] }), bench.nowMs);
    expect(bench.notified(1)).toEqual(["2: /n any INSTANCE V MASTER 100"]);
  });
});
