// Decides which targets get a line, and in which frame: bounds on the level, then sampling.
import type { Buffer } from "node:buffer";
import type { LogLevel, LogTarget } from "../config/model/log.ts";
import type { UtcOffset } from "./date.ts";
import { frameMessage } from "./frame.ts";
import { effectiveLevel } from "./level.ts";

/** One message before it is known which targets take it. */
export interface LogLine {
  readonly text: string;
  readonly level: LogLevel;
  readonly wallMs: number;
  readonly structuredData?: string;
}

/** What every line of a proxy bears. */
export interface LogSender {
  readonly tag: string;
  readonly pid: number;
  readonly hostName?: string;
  readonly utcOffset: UtcOffset;
}

/** A frame on its way out. */
export interface RoutedFrame {
  readonly target: LogTarget;
  readonly bytes: Buffer;
}

/** Routes the lines of one list of targets; sampling counts per target, over all lines that pass its bounds. */
export class LogRouter {
  readonly #targets: readonly LogTarget[];
  readonly #sampled: number[];

  constructor(targets: readonly LogTarget[]) {
    this.#targets = targets;
    this.#sampled = targets.map(() => 0);
  }

  /** Whether any target takes lines of this level, so that rendering can be spared. */
  wants(level: LogLevel): boolean {
    return this.#targets.some((target) => effectiveLevel(level, target) !== undefined);
  }

  /** The frames to send, in the order of the targets. An empty line is not sent. */
  route(line: LogLine, sender: LogSender): RoutedFrame[] {
    if (line.text === "") return [];
    const frames: RoutedFrame[] = [];
    for (const [index, target] of this.#targets.entries()) {
      const level = effectiveLevel(line.level, target);
      if (level === undefined || !this.#isSampled(index, target)) continue;
      const { utcOffset, ...identity } = sender;
      frames.push({
        target,
        bytes: frameMessage(target, { ...line, ...identity, level }, utcOffset),
      });
    }
    return frames;
  }

  /** `sample 1,3-4:5`: of every five lines the first, third and fourth. */
  #isSampled(index: number, target: LogTarget): boolean {
    if (target.sample === undefined) return true;
    const { ranges, size } = target.sample;
    const position = (this.#sampled[index]! % size) + 1;
    this.#sampled[index] = position;
    return ranges.some(([first, last]) => position >= first && position <= last);
  }
}
