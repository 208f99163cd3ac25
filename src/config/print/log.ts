// `log` lines.
import { printHost } from "../address.ts";
import type { LogTarget } from "../model/log.ts";
import { pair, printLine } from "./line.ts";

/** A `log` line, all its settings written out. */
export function printLog(log: LogTarget): string {
  const { sample } = log;
  const ranges = sample?.ranges.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`));
  return printLine(
    "log",
    printTarget(log.target),
    "len",
    log.lengthMax,
    "format",
    log.format,
    ...pair(
      "sample",
      sample === undefined ? undefined : `${ranges?.join(",") ?? ""}:${sample.size}`,
    ),
    log.facility,
    log.levelMax,
    log.levelMin,
  );
}

function printTarget(target: LogTarget["target"]): string {
  switch (target.kind) {
    case "udp":
      return `${printHost(target.host)}:${target.port}`;
    case "unix":
      return target.path.startsWith("/") || target.path.startsWith("abns@")
        ? target.path
        : `unix@${target.path}`;
    case "fd":
      return `fd@${target.fd}`;
  }
}
