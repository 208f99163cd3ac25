// What an agent says: lines of the log, those among them that are events, and what no part tells by itself.
import type { EventMark } from "../../src/base/event.ts";
import { Spans } from "../../src/base/spans.ts";
import type { Millis } from "../../src/base/units.ts";
import { Recurrence } from "../vrrp/recurrence.ts";
import type { AgentEffect } from "./agent-events.ts";

type Level = Extract<AgentEffect, { kind: "log" }>["level"];

/** See the head of this file. */
export class Journal {
  readonly #push: (effect: AgentEffect) => void;
  readonly #recurrence = new Recurrence();
  /** By instance: since the claim, or since the VIPs are held. */
  readonly #vips = new Spans();
  readonly #held = new Set<string>();
  readonly #paths = new Spans();

  constructor(push: (effect: AgentEffect) => void) {
    this.#push = push;
  }

  /** A line, with the instance's name before it unless the line has one. */
  log(level: Level, instance: string | undefined, text: string, event?: EventMark): void {
    const prefix = instance === undefined || text.startsWith("(") ? "" : `(${instance}) `;
    const line = { kind: "log", level, text: `${prefix}${text}` } as const;
    this.#push(event === undefined ? line : { ...line, event });
  }

  /** The VIPs are announced again. Rivals bring that about up to 16 times a second. */
  announcing(instance: string, reason: string, nowMs: Millis): void {
    if (!this.#recurrence.maySay(`${instance} ${reason}`, nowMs)) return;
    this.log("info", instance, `announcing the VIPs again: ${reason}`);
  }

  /** The election has asked for the VIPs of an instance. */
  claimed(instance: string, nowMs: Millis): void {
    if (!this.#held.has(instance)) this.#vips.turn(instance, nowMs);
  }

  /** The kernel has all VIPs of an instance, or none any more. */
  settled(instance: string, isHeld: boolean, count: number, nowMs: Millis): void {
    if (isHeld === this.#held.has(instance)) return;
    const durationMs = this.#vips.turn(instance, nowMs);
    if (isHeld) this.#held.add(instance);
    else this.#held.delete(instance);
    if (count === 0) return;
    const took = durationMs === undefined ? "" : ` after ${Math.round(durationMs)} ms`;
    this.log("info", instance, isHeld ? `VIPs are set${took}` : "VIPs are removed", {
      kind: isHeld ? "vip.set" : "vip.removed",
      severity: "notice",
      subject: instance,
      ...(durationMs === undefined ? {} : { durationMs }),
      data: { count },
    });
  }

  /** The machine was suspended. */
  slept(sleptMs: Millis): void {
    this.log("warning", undefined, `The machine slept for ${Math.round(sleptMs)} ms`, {
      kind: "node.slept",
      subject: "node",
      durationMs: sleptMs,
    });
  }

  /** A second heartbeat path became alive or silent. */
  heartbeat(peer: string, isAlive: boolean, nowMs: Millis): void {
    const durationMs = this.#paths.turn(peer, nowMs);
    const text = isAlive
      ? `Heartbeats of ${peer} are heard`
      : `Heartbeats of ${peer} are not heard`;
    this.log(isAlive ? "info" : "warning", undefined, text, {
      kind: isAlive ? "heartbeat.up" : "heartbeat.down",
      subject: peer,
      ...(durationMs === undefined ? {} : { durationMs }),
    });
  }
}
