// Manual pages from the table of commands (man(7)).
import type { CommandEntry } from "../command-entry.ts";
import { type DeclaredOption, declaredOf, spellings } from "../declared-options.ts";

const FOOTER = "Tandem";

/** The page of the program: a list of its commands. */
export function overviewPage(entries: readonly CommandEntry[]): string {
  return lines([
    heading("TANDEM"),
    ".SH NAME",
    "tandem \\- high\\-availability pair for MQTT and TCP",
    ".SH SYNOPSIS",
    ".B tandem",
    ".I command",
    "[options]",
    ".SH DESCRIPTION",
    text(
      "Balances MQTT and TCP as a haproxy.cfg says, and holds addresses as a keepalived.conf says. " +
        "Each command has a page of its own.",
    ),
    ".SH COMMANDS",
    ...entries.flatMap(({ name, summary }) => [
      ".TP",
      `.BR tandem\\-${roff(name)} (1)`,
      text(summary),
    ]),
    ".SH FILES",
    ".TP",
    ".I /etc/tandem",
    "Configuration of the systemd units.",
    ".TP",
    ".I /run/tandem",
    "Control sockets, where this folder may be written to.",
    ".SH SEE ALSO",
    text("Documents in /usr/share/doc/tandem."),
  ]);
}

/** The page of one command: `tandem-NAME(1)`. */
export function commandPage(entry: CommandEntry): string {
  const { options, positionals, examples } = declaredOf(entry);
  const sentence = `${entry.summary.charAt(0).toUpperCase()}${entry.summary.slice(1)}.`;
  return lines([
    heading(`TANDEM-${entry.name.toUpperCase()}`),
    ".SH NAME",
    `tandem\\-${roff(entry.name)} \\- ${roff(entry.summary)}`,
    ".SH SYNOPSIS",
    `.B tandem ${roff(entry.usage)}`,
    "[options]",
    ".SH DESCRIPTION",
    text(entry.details === undefined ? sentence : `${sentence} ${entry.details}`),
    ...section("ARGUMENTS", positionals.flatMap(argument)),
    ...section("OPTIONS", options.flatMap(option)),
    ...section(
      "EXAMPLES",
      examples.flatMap(([command, what]) => [
        ".TP",
        `.B ${roff(command.replace("$0", "tandem"))}`,
        text(what),
      ]),
    ),
    ".SH EXIT STATUS",
    ...entry.exitCodes.flatMap(([code, meaning]) => [".TP", `.B ${code}`, text(meaning)]),
    ".SH SEE ALSO",
    ".BR tandem (1)",
  ]);
}

function heading(name: string): string {
  return `.TH ${roff(name)} 1 "" "${FOOTER}" "User Commands"`;
}

function section(title: string, content: readonly string[]): string[] {
  return content.length === 0 ? [] : [`.SH ${title}`, ...content];
}

function argument({ name, describe }: DeclaredOption): string[] {
  return [".TP", `.I ${roff(name)}`, text(describe)];
}

function option(declared: DeclaredOption): string[] {
  const { takesValue, describe, choices } = declared;
  const value = takesValue ? " \\fIVALUE\\fR" : "";
  const names = spellings(declared).map((name) => `\\fB${roff(name)}\\fR${value}`);
  const more = [
    // Where sockets are differs from machine to machine.
    describe.replace(/ \(default here: [^)]*\)/, ""),
    choices.length === 0 ? "" : `one of ${choices.join(", ")}`,
    declared.default === undefined ? "" : `default ${declared.default}`,
  ].filter((part) => part !== "");
  return [".TP", names.join(", "), text(more.join("; "))];
}

/** A paragraph: no line of it may be taken for a request. */
function text(content: string): string {
  const escaped = roff(content);
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

function roff(content: string): string {
  return content.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("'", "\\(aq");
}

function lines(content: readonly string[]): string {
  return `${content.join("\n")}\n`;
}
