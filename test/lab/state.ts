// What a lab leaves for other commands to find: a folder named after it, and nothing else.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { listNamespaces, removeNamespace } from "../support/netns.ts";
import type { BrokerKind } from "./cluster.ts";
import type { NodeName } from "./configuration.ts";
import type { Kind } from "./member.ts";
import type { Accelerator } from "./vm/machine.ts";
import { removeDisks, type Machines } from "./vm/machines.ts";

/** What `up` was asked for. */
export interface LabPlan {
  readonly name: string;
  readonly kinds: Readonly<Record<NodeName, Kind>>;
  readonly brokers: BrokerKind;
  /** With it the nodes are virtual machines. */
  readonly vm?: { readonly image: string; readonly accelerator: Accelerator };
}

/** A lab that is up. */
export interface LabState extends LabPlan {
  /** The process that keeps it. */
  readonly pid: number;
  /** The namespaces by host. */
  readonly namespaces: Readonly<Record<string, string>>;
  readonly machines?: Machines;
}

/** Letters and digits, so that no name is the beginning of another one's namespaces. */
export const LAB_NAME = /^[a-z0-9]{1,16}$/;
const FOLDER = "tandem-lab-";
const BASE = canWrite("/run") ? "/run" : tmpdir();

function canWrite(folder: string): boolean {
  try {
    const probe = path.join(folder, `${FOLDER}probe.${process.pid}`);
    mkdirSync(probe);
    rmSync(probe, { recursive: true });
    return true;
  } catch {
    return false;
  }
}

/** What the names of a lab's namespaces begin with. */
export function namespacePrefix(name: string): string {
  return `tdlab-${name}`;
}

/** The folder of a lab. */
export function folderOf(name: string): string {
  return path.join(BASE, FOLDER + name);
}

/** Where a host's programs write. */
export function logFileOf(name: string, host: string): string {
  return path.join(folderOf(name), `${host}.log`);
}

/** Tells other commands what is being brought up, so that they can remove it. */
export function writePlan(plan: LabPlan): void {
  writeFileSync(path.join(folderOf(plan.name), "plan.json"), JSON.stringify(plan));
}

/** Tells other commands that the lab is up. */
export function writeState(state: LabState): void {
  writeFileSync(path.join(folderOf(state.name), "state.json"), JSON.stringify(state));
}

/** The lab of this name, when it is up and its keeper lives. */
export function readState(name: string): LabState | undefined {
  try {
    const text = readFileSync(path.join(folderOf(name), "state.json"), "utf8");
    const state = JSON.parse(text) as LabState;
    return keeperOf(name) === state.pid ? state : undefined;
  } catch {
    return undefined;
  }
}

/** The process that keeps a lab or is about to; `undefined` when there is none. */
export function keeperOf(name: string): number | undefined {
  for (const entry of readdirSync("/proc")) {
    if (/^\d+$/.test(entry) && isKeeper(entry, name)) return Number(entry);
  }
  return undefined;
}

function isKeeper(pid: string, name: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const at = words.findIndex((word) => /\/lab\/keeper\.js$/.test(word));
    return at > 0 && words[at + 1] === name;
  } catch {
    // It has ended while it was looked at.
    return false;
  }
}

/** The names of labs of which anything is left on this machine. */
export async function traces(): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const namespace of await listNamespaces()) {
    const name = /^tdlab-([a-z0-9]+)-/.exec(namespace)?.[1];
    if (name !== undefined) names.add(name);
  }
  for (const entry of readdirSync(BASE)) {
    if (!entry.startsWith(FOLDER)) continue;
    const name = entry.slice(FOLDER.length);
    if (LAB_NAME.test(name)) names.add(name);
  }
  return [...names];
}

/** Removes what a lab without keeper left: processes, namespaces, files. */
export async function removeTraces(name: string): Promise<void> {
  for (const namespace of await listNamespaces()) {
    if (namespace.startsWith(`${namespacePrefix(name)}-`)) await removeNamespace(namespace);
  }
  removeFiles(name);
}

/** Removes the files of a lab; disks of its machines lie beside their image. */
export function removeFiles(name: string): void {
  try {
    const text = readFileSync(path.join(folderOf(name), "plan.json"), "utf8");
    const { vm } = JSON.parse(text) as LabPlan;
    if (vm !== undefined) removeDisks(vm.image, name);
  } catch {
    // It had none.
  }
  rmSync(folderOf(name), { recursive: true, force: true });
}
