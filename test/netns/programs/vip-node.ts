// Holds the VIPs of one instance in the namespace it runs in. Arguments: a draft of the instance as
// JSON, a FIFO to take orders from (`claim`, `release`, `stop`). Prints what it does, with the time.
import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { parseArgs } from "node:util";
import { Announcer } from "../../../ha/io/announcer.ts";
import { IpBatch } from "../../../ha/io/ip-batch.ts";
import { KernelMonitor } from "../../../ha/io/kernel-monitor.ts";
import { MachineDriver } from "../../../ha/io/machine-driver.ts";
import { Sysctls } from "../../../ha/io/sysctl.ts";
import { VipShell } from "../../../ha/io/vip-shell.ts";
import { VipKeeper } from "../../../ha/vip/keeper.ts";
import type { VipEffect, VipEvent } from "../../../ha/vip/vip-events.ts";
import {
  instanceConfiguration,
  vipConfiguration,
  type InstanceDraft,
} from "../../support/agent-configuration.ts";

const { values } = parseArgs({
  options: {
    draft: { type: "string" },
    orders: { type: "string" },
    up: { type: "string" },
    down: { type: "string" },
  },
});
/** As JSON can hold it. */
interface Draft {
  readonly vmac?: { device: string; sendsOnParent: boolean; address: readonly number[] };
  readonly label?: string;
}
const { vmac, label, ...draft } = JSON.parse(values.draft!) as Omit<InstanceDraft, "vmac"> & Draft;
const instance = instanceConfiguration({
  ...draft,
  name: "V",
  vips:
    draft.vips?.map((vip) =>
      vipConfiguration(vip as string, { label, broadcast: label === undefined ? undefined : "+" }),
    ) ?? [],
  vmac: vmac && { ...vmac, address: Uint8Array.from(vmac.address) },
});

const batch = new IpBatch({ onProblem: (problem) => print("problem", problem) });
const announcer = new Announcer({ onProblem: (problem) => print("problem", problem) });
const sysctls = new Sysctls();
const keeper = new VipKeeper([instance]);
const monitor = new KernelMonitor({
  batch,
  onEvent: (event) => driver.feed(event),
  onProblem: (problem) => print("problem", problem),
});
const shell = new VipShell({
  batch,
  scripts: { vipUp: values.up, vipDown: values.down },
  announce: (frame, address) => {
    announcer.announce({ frame, address });
    print("announced", address.address.join("."));
  },
  writeSysctl: (path, value) => sysctls.write(path, value),
  verify: () => monitor.verify(),
  onEvent: (event) => driver.feed(event),
});
const driver: MachineDriver<VipEvent, VipEffect> = new MachineDriver(keeper, (effect) => {
  if (effect.kind === "log") print(effect.level, effect.text);
  else if (effect.kind === "settled") print("settled", String(effect.isHeld));
  else shell.carryOut(effect);
});

function print(kind: string, text: string): void {
  process.stdout.write(
    `${(performance.timeOrigin + performance.now()).toFixed(3)} ${kind} ${text}\n`,
  );
}

await monitor.start();
driver.feed({ kind: "start", removesLeftovers: true });
await shell.idle();
// Opened for writing, too: it does not end when the first who writes closes it.
const orders = new Socket({
  fd: openSync(values.orders!, constants.O_RDWR | constants.O_NONBLOCK),
});
orders.on("data", (text) => {
  for (const order of String(text).split("\n")) void obey(order);
});
print("ready", `ip ${String(batch.pid)}`);

async function obey(order: string): Promise<void> {
  if (order === "") return;
  print("order", order);
  if (order === "stop") driver.feed({ kind: "stop" });
  else driver.feed({ kind: order as "claim" | "release", instance: "V" });
  await shell.idle();
  print("done", order);
  if (order !== "stop") return;
  sysctls.restore();
  monitor.close();
  process.exit(0);
}
