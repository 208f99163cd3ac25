// The figures behind `show info`.
import type { FrontendCounters } from "../../session/counters.ts";
import type { RuntimeContext } from "../command.ts";

/** A value; `undefined` leaves the field out. */
export type InfoValue = string | number | undefined;

/** Reads a figure; `isFloat`: seconds with their fraction. */
export type InfoGetter = (context: RuntimeContext, nowMs: number, isFloat: boolean) => InfoValue;

const MICROS_PER_SECOND = 1_000_000;

/** Process id. */
export const pid: InfoGetter = ({ process }) => process.pid;

/** Limit of descriptors. */
export const descriptors: InfoGetter = ({ process }) => process.descriptorsMax;

/** Client connections at this moment. */
export const connections: InfoGetter = ({ world }) => world.connectionCount;

/** Connections of the last second. */
export const connectionRate: InfoGetter = ({ world }, nowMs) =>
  world.counters.connectionRate.read(nowMs);

/** `maxconnrate`, 0 for none. */
export const connectionRateLimit: InfoGetter = ({ world }) => world.limits.maxconnrate ?? 0;

/** The highest such rate. */
export const connectionRateMax: InfoGetter = ({ world }) => world.counters.connectionRate.highest;

/** Sessions of the last second. */
export const sessionRate: InfoGetter = ({ world }, nowMs) => world.counters.sessionRate.read(nowMs);

/** `maxsessrate`, 0 for none. */
export const sessionRateLimit: InfoGetter = ({ world }) => world.global?.maxsessrate ?? 0;

/** The highest such rate. */
export const sessionRateMax: InfoGetter = ({ world }) => world.counters.sessionRate.highest;

/** Percentage of idle time. */
export const idle: InfoGetter = ({ process }) => process.idlePercent;

/** `node`, else the host name. */
export const node: InfoGetter = ({ world }) => world.global?.node ?? world.hostName;

/** `description`. */
export const description: InfoGetter = ({ world }) => world.global?.description;

/** 1 while the process stops. */
export const stopping: InfoGetter = ({ process }) => Number(process.isStopping);

/** Listening sockets. */
export const listeners: InfoGetter = ({ process }) => process.listenerCount;

/** Bytes to clients per second. */
export const bytesOutRate: InfoGetter = ({ process }) => process.bytesOutRate;

/** Seconds since the start. */
export function uptimeSeconds(
  { process }: RuntimeContext,
  nowMs: number,
  isFloat: boolean,
): number {
  return secondsOf(nowMs - process.startedMs, isFloat);
}

/** Seconds since 1970 at the start. */
export function startTime({ process }: RuntimeContext, _nowMs: number, isFloat: boolean): number {
  return secondsOf(process.startedMs + process.wallOffsetMs, isFloat);
}

function secondsOf(ms: number, isFloat: boolean): number {
  return isFloat ? Math.round(ms * 1000) / MICROS_PER_SECOND : Math.floor(ms / 1000);
}

/** `0d 0h01m16s`. */
export function uptimeText(context: RuntimeContext, nowMs: number): string {
  const total = uptimeSeconds(context, nowMs, false);
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(total / 3600) % 24;
  const clock = `${hours}h${two(Math.floor(total / 60) % 60)}m${two(total % 60)}s`;
  return `${Math.floor(total / 86_400)}d ${clock}`;
}

/** Resident memory in a unit of so many bytes. */
export function allocated(unit: number): InfoGetter {
  return ({ process }) => Math.floor(process.memoryBytes / unit);
}

/** Memory that holds something, in a unit of so many bytes. */
export function used(unit: number): InfoGetter {
  return ({ process }) => Math.floor(process.memoryUsedBytes / unit);
}

/** The limit of connections in force. */
export function maxconn({ world, process }: RuntimeContext): number {
  return Math.min(world.limits.maxconn, process.descriptorsMax);
}

function* frontendCounters({ world, stats }: RuntimeContext): Generator<FrontendCounters> {
  for (const frontend of world.frontends.values()) yield frontend.counters;
  for (const page of stats.pages.values()) yield page.frontend;
}

function sum(context: RuntimeContext, of: (counters: FrontendCounters) => number): number {
  let total = 0;
  for (const counters of frontendCounters(context)) total += of(counters);
  return total;
}

/** Connections so far, those to pages and to this API included. */
export function connectionsTotal(context: RuntimeContext): number {
  const { world, process, stats } = context;
  let total = world.counters.connectionsTotal + process.clientsTotal;
  for (const page of stats.pages.values()) total += page.frontend.connectionsTotal;
  return total;
}

/** Sessions and requests so far. */
export function requestsTotal(context: RuntimeContext): number {
  const { process } = context;
  return sum(context, (counters) => counters.sessionsTotal) + process.clientsTotal;
}

/** Bytes sent to clients so far. */
export function bytesOut(context: RuntimeContext): number {
  return sum(context, (counters) => counters.bytesOut);
}

/** Sessions and checks that live. */
export function tasks(context: RuntimeContext): number {
  let checks = 0;
  for (const backend of context.world.backends.values()) {
    for (const { spec } of backend.balancer.servers) {
      checks += Number(spec.check !== undefined) + Number(spec.agent !== undefined);
    }
  }
  return context.world.connectionCount + checks + context.process.clientCount;
}

/** What keeps the process alive. */
export function jobs({ world, process }: RuntimeContext): number {
  return process.listenerCount + world.connectionCount + process.clientCount;
}

/** Peers that are being called or connected. */
export function activePeers(context: RuntimeContext): number {
  return peersWith(context, (peer) => peer.state !== "idle" || peer.dialsInMs !== undefined);
}

/** Peers that are connected. */
export function connectedPeers(context: RuntimeContext): number {
  return peersWith(context, (peer) => peer.state === "established");
}

type Peer = ReturnType<RuntimeContext["peers"]>[number]["peers"][number];

function peersWith(context: RuntimeContext, isMeant: (peer: Peer) => boolean): number {
  let count = 0;
  for (const { peers } of context.peers()) {
    for (const peer of peers) count += Number(!peer.isLocal && isMeant(peer));
  }
  return count;
}
