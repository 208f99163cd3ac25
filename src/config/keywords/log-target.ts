// log <target> [len <length>] [format <format>] [sample <ranges>:<smp_size>] <facility>
//     [<level> [<minlevel>]]   (haproxy configuration §3.1)
import { parseAddressWord } from "../address.ts";
import type { Mutable } from "../draft.ts";
import type { Line } from "../line.ts";
import type { LogFormatName, LogTarget } from "../model/log.ts";
import { LOG_FACILITIES, LOG_LEVELS } from "../../log/level.ts";
import { parseNatural } from "../values.ts";

const FORMATS: readonly LogFormatName[] = [
  "local",
  "rfc3164",
  "rfc5424",
  "priority",
  "short",
  "timed",
  "iso",
  "raw",
];

const SYSLOG_PORT = 514;
const LENGTH_DEFAULT = 1_024;

/** Takes a log target and all that follows it. */
export function takeLogTarget(line: Line): LogTarget | undefined {
  const start = line.index;
  const word = line.take();
  if (word === undefined || line.peek() === undefined) {
    line.alert("log : expects <address> and <facility>  as arguments");
    return undefined;
  }
  const target = parseTarget(line, word);
  if (target === undefined) return undefined;
  const log: Mutable<LogTarget> = {
    target,
    lengthMax: LENGTH_DEFAULT,
    format: target.kind === "fd" ? "raw" : "local",
    facility: "",
    levelMax: "debug",
    levelMin: "emerg",
    position: line.position(start),
  };
  if (!takeOptions(line, log) || !takeFacility(line, log)) return undefined;
  const extra = line.peek();
  if (extra === undefined) return log;
  line.alert(`log : cannot handle unexpected argument '${extra}'.`, { word: line.index });
  return undefined;
}

function parseTarget(line: Line, word: string): LogTarget["target"] | undefined {
  if (word === "stdout" || word === "fd@1") return { kind: "fd", fd: 1 };
  if (word === "stderr" || word === "fd@2") return { kind: "fd", fd: 2 };
  if (word.startsWith("ring@")) {
    line.alert(`log : '${word}' is not served by Tandem.`, {
      hint: "Write to a syslog server or to stdout.",
    });
    return undefined;
  }
  const address = parseAddressWord(
    word.replace(/^udp([46]?)@/, (_all, family) => familyPrefix(family)),
  );
  switch (address.kind) {
    case "problem":
      line.alert(`log : ${address.message}`);
      return undefined;
    case "fd":
      return address;
    case "unix":
      return { kind: "unix", path: address.abstract ? `abns@${address.path}` : address.path };
    case "ip":
    case "name":
      return {
        kind: "udp",
        host: address.host,
        port: address.port.kind === "range" ? address.port.first : SYSLOG_PORT,
      };
  }
}

function familyPrefix(family: unknown): string {
  if (family === "4") return "ipv4@";
  return family === "6" ? "ipv6@" : "";
}

/** Takes `len`, `format` and `sample`; false after an alert. */
function takeOptions(line: Line, log: Mutable<LogTarget>): boolean {
  for (;;) {
    if (line.takeIf("len")) {
      const word = line.take();
      const length = parseNatural(word);
      if (length === undefined || length < 80 || length > 65_535) {
        line.alert(`log : invalid log length '${word ?? ""}', must be between 80 and 65535`);
        return false;
      }
      log.lengthMax = length;
    } else if (line.takeIf("format")) {
      const word = line.take();
      const format = FORMATS.find((name) => name === word);
      if (format === undefined) {
        line.alert(`log : unknown log format '${word ?? ""}'`);
        return false;
      }
      log.format = format;
    } else if (line.takeIf("sample")) {
      if (!takeSample(line, log)) return false;
    } else return true;
  }
}

function takeSample(line: Line, log: Mutable<LogTarget>): boolean {
  const word = line.take() ?? "";
  const colon = word.lastIndexOf(":");
  const size = parseNatural(word.slice(colon + 1));
  const ranges = word
    .slice(0, Math.max(0, colon))
    .split(",")
    .map((range): readonly [number, number] => {
      const [low, high = low] = range.split("-").map((part) => parseNatural(part) ?? 0);
      return [low ?? 0, high ?? 0];
    });
  const good = ranges.every(([low, high]) => low >= 1 && high >= low && high <= (size ?? 0));
  if (size === undefined || size === 0 || !good) {
    line.alert(`log : invalid sample '${word}', expects <ranges>:<size>`);
    return false;
  }
  log.sample = { ranges, size };
  return true;
}

function takeFacility(line: Line, log: Mutable<LogTarget>): boolean {
  const facility = line.take();
  if (facility === undefined || !LOG_FACILITIES.includes(facility)) {
    line.alert(`log : unknown log facility '${facility ?? ""}'`);
    return false;
  }
  log.facility = facility;
  for (const which of ["levelMax", "levelMin"] as const) {
    const word = line.take();
    if (word === undefined) return true;
    const level = LOG_LEVELS.find((name) => name === word);
    if (level === undefined) {
      line.alert(
        `log : unknown optional ${which === "levelMin" ? "minimum " : ""}log level '${word}'`,
      );
      return false;
    }
    log[which] = level;
  }
  return true;
}
