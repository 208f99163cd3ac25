// Logging keywords of proxies (haproxy configuration §4.2, §8).
import type { ProxyDraft } from "../draft.ts";
import { ANY_PROXY, FRONTEND_SIDE, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import { takeLogTarget } from "./log-target.ts";

function parseLog(line: Line, draft: ProxyDraft, negated: boolean): void {
  if (negated) {
    if (line.expectEnd("no log")) draft.logs = [];
    return;
  }
  if (line.words[1] === "global") {
    line.take();
    if (line.expectEnd("log global") && !draft.logs.includes("global")) draft.logs.push("global");
    return;
  }
  const target = takeLogTarget(line);
  if (target !== undefined) draft.logs.push(target);
}

/** Takes a format, one word. */
function takeFormat(line: Line, keyword: string): string | undefined {
  const format = line.takeWord(
    `'${keyword}' expects an argument: the format. Use quotes if it contains spaces.`,
  );
  if (format === undefined) return undefined;
  const extra = line.peek();
  if (extra === undefined) return format;
  line.alert(`'${keyword}' expects only one argument, don't forget to escape spaces!`, {
    word: line.index,
  });
  return undefined;
}

/** `log`, `log-format`, `log-tag` and their like. */
export const LOG_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  served({
    name: "log",
    sections: ANY_PROXY,
    grammar:
      "global | <target> [len <length>] [format <format>] [sample <ranges>:<size>] " +
      "<facility> [<level> [<minlevel>]]",
    summary: "Where log lines go; `global` takes those of the global section.",
    negatable: true,
    parse: parseLog,
  }),
  served({
    name: "log-format",
    sections: FRONTEND_SIDE,
    grammar: "<string>",
    summary: "The form of a log line.",
    parse: (line, draft) => {
      const format = takeFormat(line, "log-format");
      if (format === undefined) return;
      draft.logFormat = format;
      draft.flags.delete("httplog");
      draft.flags.delete("tcplog");
    },
  }),
  served({
    name: "error-log-format",
    sections: FRONTEND_SIDE,
    grammar: "<string>",
    summary: "The form of a log line about a failed connection.",
    parse: (line, draft) => {
      const format = takeFormat(line, "error-log-format");
      if (format !== undefined) draft.errorLogFormat = format;
    },
  }),
  served({
    name: "log-format-sd",
    sections: FRONTEND_SIDE,
    grammar: "<string>",
    summary: "The structured data of RFC 5424 lines.",
    parse: (line, draft) => {
      const format = takeFormat(line, "log-format-sd");
      if (format !== undefined) draft.logFormatSd = format;
    },
  }),
  served({
    name: "log-tag",
    sections: ANY_PROXY,
    grammar: "<string>",
    summary: "The program name in log lines.",
    parse: (line, draft) => {
      const tag = line.takeWord("'log-tag' expects a tag for use in syslog.");
      if (tag !== undefined) draft.logTag = tag;
    },
  }),
];
