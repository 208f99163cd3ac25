// What a real Keepalived 2.2.7 makes of scripts, files and interfaces, and whom it tells, beside what
// the tracker and the notices make of the same.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { Notices } from "../../ha/notify/notices.ts";
import { Tracker } from "../../ha/track/tracker.ts";
import type { VrrpState } from "../../ha/vrrp/election-events.ts";
import {
  agentConfiguration,
  fileConfiguration,
  notifyCommand,
  scriptConfiguration,
  syncGroupConfiguration,
  trackReference,
} from "../support/agent-configuration.ts";
import { startKeepalived } from "../support/keepalived.ts";
import { createLan, noNamespaces } from "../support/netns.ts";
import { has, skipNote } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const SKIP = noNamespaces !== undefined || !has("keepalived");

/** Files of one run of Keepalived: scripts, and what they write. */
class Bench {
  readonly dir = tempDir();
  readonly fifoLog = this.at("fifo.log");
  readonly notifyLog = this.at("notify.log");

  constructor() {
    this.script("reader", `exec cat "$1" > ${this.fifoLog}`);
    this.script("notify", `echo "$*" >> ${this.notifyLog}`);
    this.script("check", `exit $(cat ${this.at("status")})`);
    this.status(0);
    writeFileSync(this.notifyLog, "");
  }

  at(name: string): string {
    return path.join(this.dir, name);
  }

  script(name: string, text: string): void {
    writeFileSync(this.at(name), `#!/bin/sh\n${text}\n`);
    chmodSync(this.at(name), 0o755);
  }

  status(code: number): void {
    writeFileSync(this.at("status"), String(code));
  }

  globals(): string {
    return `global_defs {
  script_user root
  enable_script_security
  vrrp_version 3
  vrrp_notify_fifo ${this.at("fifo")}
  vrrp_notify_fifo_script ${this.at("reader")}
  vrrp_notify_priority_changes on
}
vrrp_script chk {
  script "${this.at("check")}"
  interval 1
}
`;
  }

  lines(): string[] {
    if (!existsSync(this.fifoLog)) return [];
    return readFileSync(this.fifoLog, "utf8").trim().split("\n");
  }

  /** The last word on an instance: FAULT, or its priority. */
  standing(name: string): string | undefined {
    const last = this.lines().findLast((line) => line.startsWith(`INSTANCE "${name}" `));
    const [word, priority] = last?.split(" ").slice(2) ?? [];
    return word === "FAULT" ? word : priority;
  }

  async waitForStanding(name: string, standing: string): Promise<void> {
    await waitFor(() => this.standing(name) === standing, {
      what: () => `${name} at ${standing}, got: ${this.lines().join("\n")}`,
    });
  }
}

interface Case {
  readonly kind: "script" | "file" | "interface";
  readonly weight: number;
  readonly isReversed: boolean;
}

const CASES: readonly Case[] = (["script", "file", "interface"] as const).flatMap((kind) =>
  [0, 10, -10, 253, -253].flatMap((weight) =>
    [false, true].map((isReversed) => ({ kind, weight, isReversed })),
  ),
);

const OBJECTS = { script: "chk", file: "tf", interface: "eth1" } as const;
const SENTINEL = "Z";

function instanceText(name: string, vrid: number, { kind, weight, isReversed }: Case): string {
  return `vrrp_instance ${name} {
  interface eth0
  virtual_router_id ${vrid}
  priority 100
  advert_int 0.1
  virtual_ipaddress { 10.98.0.${vrid}/24 }
  track_${kind} {
    ${OBJECTS[kind]} weight ${weight}${isReversed ? " reverse" : ""}
  }
}
`;
}

/** The last instance of the file hears of every change last. */
const ALL: readonly (Case & { readonly name: string; readonly vrid: number })[] = [
  ...CASES.map((each, index) => ({ ...each, name: `I${index}` })),
  { kind: "script" as const, weight: 1, isReversed: false, name: SENTINEL },
].map((each, index) => ({ ...each, vrid: 50 + index }));

describe.skipIf(SKIP)(`beside Keepalived ${skipNote("keepalived")}`, () => {
  test("weights, reverse and faults of scripts, files and interfaces come out alike", async () => {
    const lan = await createLan(["a"], { secondLan: true });
    const host = lan.host("a");
    const bench = new Bench();
    writeFileSync(bench.at("weight"), "5\n");
    const text = [
      bench.globals(),
      `track_file tf {\n  file ${bench.at("weight")}\n}\n`,
      ...ALL.map((each) => instanceText(each.name, each.vrid, each)),
    ].join("");
    const tracker = new Tracker(
      agentConfiguration({
        scripts: [scriptConfiguration()],
        files: [fileConfiguration()],
        instances: ALL.map((each) => ({
          name: each.name,
          vrid: each.vrid,
          ...trackedBy(each),
        })),
      }),
    );
    await startKeepalived(host, text);
    tracker.handle({ kind: "interface", name: "eth0", isRunning: true }, 0);
    tracker.handle({ kind: "start" }, 0);
    let nowMs = 0;
    for (const [isUp, value] of [
      [true, 5],
      [false, -2],
      [true, 0],
    ] as const) {
      bench.status(isUp ? 0 : 1);
      writeFileSync(bench.at("weight"), `${value}\n`);
      await host.mustRun("ip", "link", "set", "eth1", isUp ? "up" : "down");
      nowMs += 1_000;
      tracker.handle({ kind: "timeout" }, nowMs);
      const outcome = { kind: "exited" as const, code: isUp ? 0 : 1 };
      tracker.handle({ kind: "script-ended", script: "chk", outcome }, nowMs);
      tracker.handle({ kind: "file", name: "tf", value }, nowMs);
      tracker.handle({ kind: "interface", name: "eth1", isRunning: isUp }, nowMs);
      await bench.waitForStanding(SENTINEL, isUp ? "101" : "100");
      const ours = new Map(
        tracker
          .status()
          .instances.map(({ name, priority, faults }) => [
            name,
            faults.length > 0 ? "FAULT" : String(priority),
          ]),
      );
      for (const each of ALL) {
        const { name, kind, weight, isReversed } = each;
        const which = `${kind} weight ${weight}${isReversed ? " reverse" : ""}`;
        const expected = ours.get(name)!;
        await waitFor(() => bench.standing(name) === expected, {
          what: () =>
            `${which} at ${expected} when ${isUp ? "up" : "down"}, number ${value}; Keepalived: ${bench.standing(name)}`,
          timeoutMs: 5_000,
        });
      }
    }
  });

  test("commands, their arguments and the lines of the FIFO are the same", async () => {
    const lan = await createLan(["a"]);
    const bench = new Bench();
    const words = ["master", "backup", "fault", "stop"] as const;
    const notify = (who: string): string =>
      [
        `notify "${bench.at("notify")} ${who} any"`,
        ...words.map((word) => `notify_${word} "${bench.at("notify")} ${who} ${word}"`),
      ].join("\n  ");
    const running = await startKeepalived(
      lan.host("a"),
      `${bench.globals()}vrrp_sync_group G {
  group { V }
  ${notify("G")}
}
vrrp_instance V {
  interface eth0
  virtual_router_id 51
  priority 100
  advert_int 0.1
  virtual_ipaddress { 10.98.0.100/24 }
  track_script { chk }
  ${notify("V")}
}
`,
    );
    const hasLine = async (line: string, count = 1): Promise<void> => {
      await waitFor(() => bench.lines().filter((each) => each === line).length === count, {
        what: () => `line ${line} ${count} times, got: ${bench.lines().join("\n")}`,
      });
    };
    await hasLine('GROUP "G" MASTER 0');
    bench.status(1);
    await hasLine('GROUP "G" FAULT 0');
    bench.status(0);
    await hasLine('GROUP "G" MASTER 0', 2);
    running.process.kill("SIGTERM");
    await running.process.exited;
    const states = ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER", "INIT"] as const;
    const ours = ownNotices(states);
    await waitFor(
      () => readFileSync(bench.notifyLog, "utf8").split("\n").length > ours.commands.length,
    );
    // STOP is written as Keepalived ends its reader: that line may not arrive.
    const theirs = bench.lines().filter((line) => !line.includes("STOP"));
    expect(theirs).toEqual(ours.lines.filter((line) => !line.includes("STOP")));
    // Keepalived starts them all at once, so only the order of those far apart in time is certain.
    const commands = readFileSync(bench.notifyLog, "utf8").trim().split("\n");
    expect(commands.sort()).toEqual([...ours.commands].sort());
  });
});

function trackedBy({ kind, weight, isReversed }: Case): object {
  const reference = [trackReference(OBJECTS[kind], { weight, isReversed })];
  if (kind === "script") return { trackedScripts: reference };
  return kind === "file" ? { trackedFiles: reference } : { trackedInterfaces: reference };
}

/** What the notices say of these states of an instance V and its group G. */
function ownNotices(states: readonly VrrpState[]): {
  readonly lines: readonly string[];
  readonly commands: readonly string[];
} {
  const notify = (who: string): object => ({
    any: notifyCommand(["n", who, "any"]),
    master: notifyCommand(["n", who, "master"]),
    backup: notifyCommand(["n", who, "backup"]),
    fault: notifyCommand(["n", who, "fault"]),
    stop: notifyCommand(["n", who, "stop"]),
  });
  const notices = new Notices(
    agentConfiguration({
      instances: [{ name: "V", notify: notify("V") }],
      syncGroups: [syncGroupConfiguration({ name: "G", members: ["V"], notify: notify("G") })],
    }),
  );
  const lines: string[] = [];
  const commands: string[] = [];
  let from: VrrpState = "INIT";
  for (const to of states) {
    for (const [scope, name, priority] of [
      ["INSTANCE", "V", 100],
      ["GROUP", "G", 0],
    ] as const) {
      notices.handle({ kind: "state", scope, name, from, to, priority, reason: "" }, 0);
    }
    from = to;
    for (let effect = notices.poll(); effect !== undefined; effect = notices.poll()) {
      if (effect.kind === "fifo") lines.push(effect.line.trimEnd());
      if (effect.kind !== "notify") continue;
      commands.push([...effect.command.words.slice(1), ...effect.arguments].join(" "));
      notices.handle({ kind: "notified", id: effect.id, problem: undefined }, 0);
    }
  }
  return { lines, commands };
}
