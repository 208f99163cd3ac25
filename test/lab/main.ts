// `scripts/lab`: brings a pair up in network namespaces, shows it, lets you in, takes it down.
import { fork, spawnSync } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { noNamespaces } from "../support/netns.ts";
import { has, skipReason } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import type { BrokerKind } from "./cluster.ts";
import { MQTT_PORT, VIP, type NodeName } from "./configuration.ts";
import type { Kind } from "./member.ts";
import {
  keeperOf,
  LAB_NAME,
  logFileOf,
  readState,
  removeTraces,
  traces,
  type LabPlan,
  type LabState,
} from "./state.ts";
import { isHealthy, statusOf, statusText } from "./status.ts";
import { bootDetached, enter, machinePid, type MachinePlan } from "./vm/machine.ts";
import { cutPower, powerCutText } from "./vm/power-cut.ts";
import { preparedVm } from "./vm/prepare.ts";

const DOWN_MS = 20_000;

const USAGE = `Usage: sudo scripts/lab [--name NAME] COMMAND

A pair of nodes (lb1, lb2), three brokers (broker1 to broker3) and a client host on one switch,
in network namespaces of this machine. The machine's own network is not touched.

  up [--impl IMPL] [--mixed] [--broker mosquitto]
                     brings it up; IMPL: tandem (default) or haproxy+keepalived;
                     --mixed: Tandem on lb1, HAProxy + Keepalived on lb2
  up --vm [--cache FOLDER] [--kvm]
                     nodes that are virtual machines: Debian, the package, tandem.service
  power-cut NODE     kills a virtual machine, and tells how long the VIP was silent
  power-on NODE      boots it again
  status [--json]    who holds the VIP, which processes run, which brokers answer
  shell HOST [COMMAND ...]   a shell, or one command, on a host
  logs HOST [-f]     what the programs of a host said
  down               ends it; also what a killed one left

  --name NAME        letters and digits (lab); labs of different names run side by side
  --cache FOLDER     where the machines' image is kept (/var/cache/tandem-vm); 400 MB
  --kvm              run machines by /dev/kvm, also inside of a virtual machine; else emulate there

Exit codes: 0 well, 1 something is wrong or failed, 2 wrong usage, 3 the lab is not up.
`;

function fail(text: string, code = 2): never {
  console.error(`scripts/lab: ${text}`);
  process.exit(code);
}

// Words behind the host belong to the command there.
const given = process.argv.slice(2);
const shellAt = given.indexOf("shell");
const own = shellAt < 0 ? given : given.slice(0, shellAt + 2);
const foreign = shellAt < 0 ? [] : given.slice(shellAt + 2);

function parsed(): ReturnType<typeof parse> {
  try {
    return parse();
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}; see --help`);
  }
}

function parse() {
  return parseArgs({
    args: own,
    allowPositionals: true,
    options: {
      name: { type: "string", default: "lab" },
      impl: { type: "string", default: "tandem" },
      mixed: { type: "boolean", default: false },
      broker: { type: "string", default: "embedded" },
      vm: { type: "boolean", default: false },
      cache: { type: "string", default: "/var/cache/tandem-vm" },
      kvm: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      follow: { type: "boolean", short: "f", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
}

const { values, positionals } = parsed();
const [command, host] = positionals;
const { name } = values;

function planOf(): LabPlan {
  const { impl, broker, mixed } = values;
  if (impl !== "tandem" && impl !== "haproxy+keepalived") {
    fail(`found --impl ${impl}, expected tandem or haproxy+keepalived`);
  }
  if (broker !== "embedded" && broker !== "mosquitto") {
    fail(`found --broker ${broker}, expected embedded or mosquitto`);
  }
  const kinds: Record<"lb1" | "lb2", Kind> = mixed
    ? { lb1: "tandem", lb2: "haproxy+keepalived" }
    : { lb1: impl, lb2: impl };
  const brokers: BrokerKind = broker;
  const needed = Object.values(kinds).includes("haproxy+keepalived")
    ? ["haproxy", "keepalived"]
    : [];
  if (brokers === "mosquitto") needed.push("mosquitto");
  const missing = needed.find((program) => !has(program));
  if (missing !== undefined) fail(skipReason(missing), 1);
  if (!values.vm) return { name, kinds, brokers };
  if (Object.values(kinds).some((kind) => kind !== "tandem")) {
    fail("found --vm beside --impl or --mixed, expected Tandem on both nodes");
  }
  return { name, kinds, brokers, vm: preparedVm(values.cache, values.kvm, fail) };
}

function upState(): LabState {
  return readState(name) ?? fail(`lab "${name}" is not up: scripts/lab --name ${name} up`, 3);
}

async function up(): Promise<void> {
  const plan = planOf();
  if (keeperOf(name) !== undefined) {
    fail(`lab "${name}" is up or coming up; end it by scripts/lab --name ${name} down`, 1);
  }
  for (const left of await traces()) if (keeperOf(left) === undefined) await removeTraces(left);
  const program = path.join(import.meta.dirname, "keeper.js");
  const keeper = fork(program, [name, JSON.stringify(plan)], { detached: true, stdio: "ignore" });
  process.once("SIGINT", () => keeper.kill("SIGTERM"));
  const answer = await new Promise<unknown>((resolve) => {
    keeper.on("message", (message) => {
      const progress = (message as { text?: string }).text;
      if (progress === undefined) resolve(message);
      else console.log(progress);
    });
    keeper.once("exit", () => resolve("its keeper has ended"));
  });
  if (answer !== "up") fail(`lab "${name}" could not be brought up: ${String(answer)}`, 1);
  keeper.unref();
  const lab = `sudo scripts/lab${name === "lab" ? "" : ` --name ${name}`}`;
  console.log(statusText(await statusOf(upState())));
  console.log(`
A client's shell:     ${lab} shell client
                      there, for instance: mosquitto_sub -h ${VIP} -p ${MQTT_PORT} -t '#' -i me
A broken node:        ${lab} ${plan.vm === undefined ? "shell lb1 ip link set eth0 down" : "power-cut lb1"}
Take it down:         ${lab} down`);
}

async function down(): Promise<void> {
  const keeper = keeperOf(name);
  if (keeper === undefined && !(await traces()).includes(name)) {
    console.log(`Lab "${name}" is not up, and nothing of it is left.`);
    return;
  }
  if (keeper !== undefined) {
    process.kill(keeper, "SIGTERM");
    const isGone = waitFor(() => keeperOf(name) === undefined, { timeoutMs: DOWN_MS });
    await isGone.catch(() => process.kill(keeper, "SIGKILL"));
  }
  await removeTraces(name);
  console.log(`Lab "${name}" is down.`);
}

async function status(): Promise<number> {
  const found = await statusOf(upState());
  console.log(values.json ? JSON.stringify(found, null, 2) : statusText(found));
  return isHealthy(found) ? 0 : 1;
}

/** The namespace of the host that the command line names. */
function namespaceOf(state: LabState): string {
  const hosts = Object.keys(state.namespaces).join(", ");
  return state.namespaces[host ?? ""] ?? fail(`found host "${host ?? ""}", expected ${hosts}`);
}

/** The machine that the command line names; none is one of a lab of namespaces. */
function machineOf({ machines }: LabState): MachinePlan | undefined {
  return machines?.[host as NodeName];
}

function wantedMachine(state: LabState): MachinePlan {
  const which = state.machines === undefined ? "a lab that was brought up by --vm" : "lb1 or lb2";
  return machineOf(state) ?? fail(`found "${host ?? ""}", expected ${which}`);
}

async function powerCut(): Promise<void> {
  const state = upState();
  const machine = wantedMachine(state);
  const pid = (await machinePid(machine)) ?? fail(`${machine.name} is off already`, 1);
  const seen = await cutPower(pid, state.namespaces["client"]!).catch((error: unknown) =>
    fail(`${machine.name} has lost its power. ${String(error)}`, 1),
  );
  console.log(powerCutText(machine.name, seen));
}

async function powerOn(): Promise<void> {
  const machine = wantedMachine(upState());
  if ((await machinePid(machine)) !== undefined) fail(`${machine.name} is on already`, 1);
  await bootDetached(machine);
  console.log(`${machine.name} has booted.`);
}

function shell(): number {
  const machine = machineOf(upState());
  if (machine !== undefined) return enter(machine, foreign);
  const inside = ["netns", "exec", namespaceOf(upState())];
  const words = foreign.length > 0 ? foreign : ["bash", "--norc"];
  const env = { ...process.env, PS1: `${name}/${host ?? ""}# ` };
  return spawnSync("ip", [...inside, ...words], { stdio: "inherit", env }).status ?? 1;
}

function logs(): number {
  const state = upState();
  namespaceOf(state);
  const machine = machineOf(state);
  if (machine !== undefined) {
    return enter(machine, ["journalctl", "-u", "tandem", ...(values.follow ? ["-f"] : [])]);
  }
  const file = logFileOf(name, host ?? "");
  const args = values.follow ? ["-n", "+1", "-F", file] : ["-n", "+1", file];
  return spawnSync("tail", args, { stdio: "inherit" }).status ?? 1;
}

if (values.help || command === undefined) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 2);
}
if (!LAB_NAME.test(name)) fail(`found --name ${name}, expected 1 to 16 small letters and digits`);
if (noNamespaces !== undefined) fail(noNamespaces.replace(/^skipped: /, ""), 1);

switch (command) {
  case "up":
    await up();
    process.exit(0);
    break;
  case "down":
    await down();
    break;
  case "status":
    process.exitCode = await status();
    break;
  case "shell":
    process.exitCode = shell();
    break;
  case "logs":
    process.exitCode = logs();
    break;
  case "power-cut":
    await powerCut();
    process.exit(0);
    break;
  case "power-on":
    await powerOn();
    break;
  default:
    fail(
      `found "${command}", expected up, down, status, shell, logs, power-cut or power-on; see --help`,
    );
}
