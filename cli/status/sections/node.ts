// The processes and the virtual routers on the screen.
import type { VirtualRouterReport } from "../../../ha/agent/agent-report.ts";
import type { ChildReport, GuardReport } from "../../../ha/supervise/guard-report.ts";
import type { BalancerStatus } from "../../../src/stats/balancer-status.ts";
import type { StatusDocument } from "../document.ts";
import { type Line, piece, type Tone } from "../line.ts";
import type { OtherNode } from "../other-nodes.ts";
import { durationText } from "../../../src/base/duration-text.ts";
import { countWords, listWords, printable, shortened, wrapped } from "../words.ts";

/** Addresses of one virtual router that are named. */
const VIPS_SHOWN_MAX = 4;
const LABEL_CHARS = 10;
/** What is left of a name, however narrow the screen is. */
const NAME_CHARS_MIN = 8;

interface Uptime {
  readonly uptimeMs: number;
  readonly pid: number;
}

/** Guard, agent, balancer: since when, and how often they were started. */
export function processLines({ guard, agent, balancer }: StatusDocument): Line[] {
  const lines: Line[] = [];
  if (guard !== null) {
    const { uptimeMs, pid } = guard;
    const words = guard.isStopping ? "stopping" : `running for ${durationText(uptimeMs)}`;
    lines.push(labelled("guard", `${words}, pid ${pid}`));
  }
  lines.push(...partLines("agent", guard?.agent ?? null, agent));
  lines.push(...partLines("balancer", guard?.balancer ?? null, balancer));
  const load = loadLine(guard, balancer);
  return load === undefined ? lines : [...lines, load];
}

/** As the guard knows it, else as it says itself. */
function partLines(part: string, child: ChildReport | null, own: Uptime | null): Line[] {
  if (child !== null) return [childLine(part, child)];
  return own === null ? [] : [labelled(part, uptimeOf(own))];
}

function uptimeOf({ uptimeMs, pid }: Uptime): string {
  return `running for ${durationText(uptimeMs)}, pid ${pid}`;
}

function childLine(part: string, { phase, pid, runCount, readyForMs }: ChildReport): Line {
  const since = readyForMs === null ? "" : ` for ${durationText(readyForMs)}`;
  const tone: Tone = phase === "ready" ? "good" : "bad";
  const process = pid === null ? "" : `, pid ${pid}`;
  const starts = runCount <= 1 ? "" : `, start ${runCount}`;
  return [...labelled(part, ""), piece(phase, tone), piece(`${since}${process}${starts}`)];
}

function loadLine(guard: GuardReport | null, balancer: BalancerStatus | null): Line | undefined {
  const standing = balancer?.fitness ?? guardWord(guard);
  if (standing === undefined) return undefined;
  const fit = standing.isFit ? piece("fit to serve", "good") : piece("not fit to serve", "bad");
  if (balancer === null) return [...labelled("", ""), fit];
  const { sessionCount, sessionsMax } = balancer;
  const limit = sessionsMax === null ? "" : ` of ${countWords(sessionsMax)}`;
  const word = sessionsMax === null && sessionCount === 1 ? "session" : "sessions";
  return [...labelled("", ""), fit, piece(`, ${countWords(sessionCount)}${limit} ${word}`)];
}

/** Of a balancer that it supervises. */
function guardWord(guard: GuardReport | null): GuardReport["report"] | undefined {
  return guard === null || guard.balancer === null ? undefined : guard.report;
}

function labelled(label: string, text: string): Line {
  return [piece(`  ${label.padEnd(LABEL_CHARS)}`, "dim"), piece(text)];
}

const STATE_TONES: Readonly<Record<string, Tone>> = { MASTER: "good", FAULT: "bad", INIT: "warn" };

/** Each virtual router: this node's role, since when and why, its addresses, and the other node. */
export function routerLines({ agent, otherNodes }: StatusDocument, width: number): Line[] {
  if (agent === null) return [];
  return [
    ...agent.instances.flatMap((instance, at) => instanceLines(instance, otherNodes[at], width)),
    ...agent.heartbeats.map(({ peer, isAlive, silentMs }): Line => {
      const word = isAlive ? "alive" : "silent";
      const heard = silentMs === null ? "never heard" : `heard ${durationText(silentMs)} ago`;
      return [
        piece(`  second heartbeat path to ${printable(peer)}: `),
        piece(word, isAlive ? "good" : "bad"),
        piece(`, ${heard}`),
      ];
    }),
  ];
}

function instanceLines(
  instance: VirtualRouterReport,
  other: OtherNode | undefined,
  width: number,
): Line[] {
  const { state, priority, basePriority, vips, isHeld } = instance;
  const base = priority === basePriority ? "" : ` (${basePriority} configured)`;
  const shown = printable(listWords(vips, VIPS_SHOWN_MAX));
  const place = isHeld ? `on ${printable(instance.interface)}` : "not on this node";
  const reason = printable(instance.reason);
  const since = ` for ${durationText(instance.stateForMs)}, priority ${priority}${base}`;
  const room = width - 4 - state.length - since.length;
  const lines: Line[] = [
    [
      piece(
        `  ${shortened(printable(instance.name), Math.max(NAME_CHARS_MIN, room), true)}`,
        "title",
      ),
      piece("  "),
      piece(state, STATE_TONES[state]),
      piece(`${since}, VRID ${instance.vrid}`),
    ],
  ];
  if (reason !== "") lines.push(...inner("why", reason, width));
  lines.push(...inner("addresses", vips.length === 0 ? "none" : `${shown} ${place}`, width));
  if (other !== undefined) {
    const who = other.address === null ? "" : ` ${printable(other.address)}`;
    const rank = other.role === "MASTER" ? ` priority ${other.priority}` : "";
    const text = `${other.role}${who}${rank}: ${printable(other.evidence)}`;
    lines.push(...inner("other node", text, width));
  }
  const { sentCount, receivedCount, droppedCount } = instance;
  const dropped = droppedCount === 0 ? "" : `, ${countWords(droppedCount)} dropped`;
  const heard = `${countWords(receivedCount)} received${dropped}`;
  lines.push(...inner("adverts", `${countWords(sentCount)} sent, ${heard}`, width));
  return lines;
}

/** What does not fit goes on below, once. */
function inner(label: string, text: string, width: number): Line[] {
  const lines = wrapped(text, Math.max(1, width - LABEL_CHARS - 6), 2);
  return lines.map((line, at) => [
    piece(`    ${(at === 0 ? label : "").padEnd(LABEL_CHARS)}  `, "dim"),
    piece(line),
  ]);
}
