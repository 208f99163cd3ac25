// What an agent watches, moves the VIP: interfaces, scripts, files; groups move as one; notices tell it
// in order.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { tempDir } from "../support/temp.ts";
import { VipWatch } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";
import { Bench, dumpedJson, instanceText } from "./agents.ts";

const GLOBAL = `global_defs {
  script_user root
  enable_script_security
`;

/** Scripts and what they write. */
class Files {
  readonly dir = tempDir();

  at(name: string): string {
    return path.join(this.dir, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.at(name), text);
  }

  script(name: string, text: string): string {
    this.write(name, `#!/bin/sh\n${text}\n`);
    chmodSync(this.at(name), 0o755);
    return this.at(name);
  }

  lines(name: string): readonly string[] {
    if (!existsSync(this.at(name))) return [];
    return readFileSync(this.at(name), "utf8").split("\n").slice(0, -1);
  }
}

describe.skipIf(noNamespaces !== undefined)(`tracking ${noNamespaces ?? ""}`, () => {
  test("weights of an interface, a script and a file, and a fault, each move the VIP and back", async () => {
    const bench = await Bench.create({ secondLan: true });
    const files = new Files();
    files.write("status", "0");
    files.write("value", "0\n");
    const text = `${GLOBAL}}
vrrp_script check {
  script "${files.script("check", `exit $(cat ${files.at("status")})`)}"
  interval 1
  fall 1
  rise 1
  weight -60
}
track_file number {
  file ${files.at("value")}
  weight 1
}
${instanceText({
  priority: 150,
  lines: `track_interface {
    eth1 weight -60
  }
  track_script {
    check
  }
  track_file {
    number
  }`,
})}`;
    const a = await bench.start("a", text);
    await bench.owned("a", () => a.process.output());
    await bench.start("b", instanceText({ priority: 100 }));
    const priority = async (): Promise<number> =>
      (await dumpedJson(a)).get("V")!.data.effective_priority;
    const setLink = (state: string): Promise<string> =>
      bench.host("a").mustRun("ip", "link", "set", "eth1", state);
    for (const [what, spoil, mend] of [
      ["eth1", () => setLink("down"), () => setLink("up")],
      ["script", () => files.write("status", "1"), () => files.write("status", "0")],
      ["file", () => files.write("value", "-60\n"), () => files.write("value", "0\n")],
    ] as const) {
      await spoil();
      await bench.owned("b", () => `${what}; ${a.process.output()}`);
      expect(await priority(), what).toBe(90);
      await mend();
      await bench.owned("a", () => `${what}; ${a.process.output()}`);
      expect(await priority(), what).toBe(150);
    }
    await bench.host("a").mustRun("ip", "link", "set", "eth0", "down");
    await bench.owned("b", () => a.process.output());
    expect((await dumpedJson(a)).get("V")!.data.state).toBe(3);
    await bench.host("a").mustRun("ip", "link", "set", "eth0", "up");
    await bench.owned("a", () => a.process.output());
  });

  test("a sync group of two networks moves as one when one of them fails", async () => {
    const bench = await Bench.create({ secondLan: true });
    const inside = "10.99.0.100";
    const insides = await Promise.all(
      ["a", "b"].map((name) => VipWatch.start(bench.host(name), inside)),
    );
    const text = (priority: number): string => `vrrp_sync_group G {
  group {
    OUT
    IN
  }
}
${instanceText({ name: "OUT", priority })}
${instanceText({ name: "IN", vrid: 52, interface: "eth1", priority, vips: [`${inside}/24`] })}`;
    const both = async (owner: "a" | "b"): Promise<void> => {
      await bench.owned(owner);
      await waitFor(
        () =>
          insides.map((watch) => watch.isHeld).join() === String([owner === "a", owner === "b"]),
      );
    };
    await bench.start("a", text(150));
    await both("a");
    await bench.start("b", text(100));
    const setLink = (state: string): Promise<string> =>
      bench.host("a").mustRun("ip", "link", "set", "eth1", state);
    await setLink("down");
    await both("b");
    await setLink("up");
    await both("a");
  });
});

describe.skipIf(noNamespaces !== undefined)(`notices ${noNamespaces ?? ""}`, () => {
  test("scripts and the FIFO tell a failover and a return, in order", async () => {
    const bench = await Bench.create();
    const files = new Files();
    // A slow one must not be overtaken by those behind it.
    const notify = files.script(
      "notify",
      `[ "$1" = master ] && sleep 0.3; echo "$*" >> ${files.at("log")}`,
    );
    const reader = files.script("reader", `exec cat "$1" > ${files.at("fifo.log")}`);
    const instance = (priority: number): string =>
      instanceText({
        priority,
        lines: `notify "${notify} any"
  notify_master "${notify} master"
  notify_backup "${notify} backup"
  notify_fault "${notify} fault"
  notify_stop "${notify} stop"`,
      });
    const global = `${GLOBAL}  vrrp_notify_fifo ${files.at("fifo")}
  vrrp_notify_fifo_script ${reader}
}
`;
    const a = await bench.start("a", instanceText({ priority: 150 }));
    await bench.owned("a");
    const b = await bench.start("b", `${global}${instance(100)}`);
    await waitFor(async () => (await dumpedJson(b)).get("V")!.stats["advert_rcvd"]! > 0);
    await a.process.stop();
    await bench.owned("b");
    await bench.start("a", instanceText({ priority: 150 }));
    await bench.owned("a");
    await bench.host("b").mustRun("ip", "link", "set", "eth0", "down");
    const states = ["BACKUP", "MASTER", "BACKUP", "FAULT"];
    await waitFor(() => files.lines("log").length >= 2 * states.length, {
      what: () => `${files.lines("log").join("\n")}\n${b.process.output()}`,
    });
    await b.process.stop();
    expect(files.lines("log")).toEqual([
      ...states.flatMap((state) => [state.toLowerCase(), `any INSTANCE V ${state} 100`]),
      ...["stop", "any INSTANCE V STOP 100"],
    ]);
    expect(files.lines("fifo.log")).toEqual(
      [...states, "STOP"].map((state) => `INSTANCE "V" ${state} 100`),
    );
  });
});
