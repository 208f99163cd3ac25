// `tandem status` for a person: what is wrong first, then the node from outside to inside.
import type { StatusDocument } from "./document.ts";
import type { Problem } from "./facts.ts";
import { type Line, piece, type Tone } from "./line.ts";
import { brokerLines, type Extent, listenerLines, tableSection } from "./sections/brokers.ts";
import { packetLines, refusedLines } from "./sections/mqtt.ts";
import { processLines, routerLines } from "./sections/node.ts";
import { replicationLines } from "./sections/replication.ts";
import { plural, printable, shortened, wrapped } from "./words.ts";

/** How much is shown. */
export interface ScreenOptions {
  /** Columns, at least 40. */
  readonly width: number;
  /** Everything, however long. */
  readonly isWhole: boolean;
}

const BROKERS_MAX = 8;
const ROWS_MAX = 8;
const PROBLEMS_MAX = 10;
/** A text of two definitions and a hint. */
const PROBLEM_LINES_MAX = 4;

/** The lines of the screen; none is longer than its width once it is `fitted`. */
export function statusScreen(status: StatusDocument, options: ScreenOptions): Line[] {
  const { width, isWhole } = options;
  const extent: Extent = {
    width,
    brokersMax: isWhole ? Infinity : BROKERS_MAX,
    rowsMax: isWhole ? Infinity : ROWS_MAX,
  };
  const { balancer } = status;
  const sections: readonly (readonly [title: string, lines: readonly Line[]])[] = [
    ["PROCESSES", processLines(status)],
    ["VIRTUAL ROUTERS", routerLines(status, width)],
    ["LISTENERS", balancer === null ? [] : listenerLines(balancer, extent)],
    ["KEPT OUT BY LIMITS", balancer === null ? [] : refusedLines(balancer, extent)],
    ["BROKERS", balancer === null ? [] : brokerLines(balancer, extent)],
    ["MQTT PACKETS", balancer === null ? [] : packetLines(balancer, extent)],
    ["STICK TABLES", balancer === null ? [] : tableSection(balancer, extent)],
    ["REPLICATION", balancer === null ? [] : replicationLines(balancer, extent)],
  ];
  return [
    headLine(status, width),
    ...problemLines(status.problems, width, isWhole),
    ...sections.flatMap(([title, lines]) =>
      lines.length === 0 ? [] : [[piece(title, "title")], ...lines],
    ),
  ];
}

const STATES: Readonly<Record<StatusDocument["state"], readonly [string, Tone]>> = {
  ok: ["OK", "good"],
  degraded: ["DEGRADED", "warn"],
  down: ["DOWN", "bad"],
};

function headLine({ host, state, time, agent, problems }: StatusDocument, width: number): Line {
  const [word, tone] = STATES[state];
  const instances = agent?.instances ?? [];
  const masters = instances.filter((instance) => instance.state === "MASTER").length;
  const roles = [...new Set(instances.map((instance) => instance.state))];
  const role = roles.length <= 1 ? (roles[0] ?? "") : `MASTER of ${masters} of ${instances.length}`;
  const wrong = problems.filter(({ severity }) => severity !== "note").length;
  const count = wrong === 0 ? "" : `, ${plural(wrong, "problem")}`;
  const clock = `${time.slice(11, 19)} UTC`;
  const words = `${role === "" ? "" : `  ${role}`}  `;
  const fixed = words.length + word.length + count.length + clock.length + 2;
  const name = shortened(printable(host), Math.max(8, width - fixed), true);
  const used = name.length + words.length + word.length + count.length;
  return [
    piece(name, "title"),
    piece(words),
    piece(word, tone),
    piece(count),
    piece(" ".repeat(Math.max(2, width - used - clock.length))),
    piece(clock, "dim"),
  ];
}

const MARKS: Readonly<Record<Problem["severity"], readonly [string, Tone | undefined]>> = {
  down: ["!! ", "bad"],
  degraded: [" ! ", "warn"],
  note: [" - ", undefined],
};

function problemLines(problems: readonly Problem[], width: number, isWhole: boolean): Line[] {
  const shown = isWhole ? problems : problems.slice(0, PROBLEMS_MAX);
  const lines = shown.flatMap(({ severity, text, hint }) => {
    const [mark, tone] = MARKS[severity];
    const room = width - mark.length;
    const told = wrapped(printable(text), room, isWhole ? Infinity : PROBLEM_LINES_MAX);
    const hints = hint === "" ? [] : wrapped(printable(hint), room - 3, 2);
    return [
      ...told.map((line, at) => [piece(at === 0 ? mark : "   ", tone), piece(line, tone)]),
      ...hints.map((line) => [piece(`      ${line}`, "dim")]),
    ];
  });
  const left = problems.length - shown.length;
  if (left > 0) lines.push([piece(`   and ${left} more (--all shows them)`, "dim")]);
  return lines;
}
