// The arguments of `add server`, read by the reader of configuration files: what a `server` line may
// say, a command may say, except what needs files, names or the start of the process.
import type { Configuration } from "../../config/model/configuration.ts";
import type { Server } from "../../config/model/server.ts";
import { readConfiguration } from "../../config/read.ts";
import type { BackendState } from "../../session/backend-state.ts";

/** Words that HAProxy takes in files only. */
const IN_FILES_ONLY: ReadonlySet<string> = new Set([
  "cookie",
  "init-addr",
  "namespace",
  "non-stick",
  "redir",
  "resolve-net",
  "resolve-opts",
  "resolve-prefer",
  "resolvers",
  "stick",
  "tcp-ut",
]);

/** Words whose certificates a reload loads. */
const TLS_WORDS: ReadonlySet<string> = new Set(["ssl", "check-ssl"]);

/** Words without an argument that may stand before another. */
const WITHOUT_ARGUMENT =
  /^(?:no-.*|agent-check|allow-0rtt|backup|check|check-send-proxy|disabled|enabled|send-proxy.*)$/;

/** What a line came to. */
export type ServerLine =
  | { readonly ok: true; readonly server: Server; readonly isEnabled: boolean }
  | { readonly ok: false; readonly problem: string };

/** Reads `<addr>[:<port>] [param]*` for a server of this name; never throws. */
export function readServerLine(
  configuration: Configuration,
  backend: BackendState,
  name: string,
  words: readonly string[],
  hostName: string,
): ServerLine {
  const bad = /[^A-Za-z0-9_.:-]/.exec(name)?.[0];
  if (bad !== undefined) {
    return problem(`character '${bad}' is not permitted in server name '${name}'.`);
  }
  const refused = findRefusedWord(words.slice(1));
  if (refused !== undefined) return problem(refused);
  const text = [
    ...trackedSections(configuration, backend.name),
    `backend ${quote(backend.name)}`,
    ...trackable(configuration, backend.name).filter((each) => !each.includes(` ${quote(name)} `)),
    `server ${[name, ...words].map(quote).join(" ")}`,
    "",
  ].join("\n");
  const result = readConfiguration([{ name: "(command)", text }], {
    environment: {},
    version: "",
    hostName,
  });
  const alert = result.diagnostics.find(({ severity }) => severity === "alert");
  if (alert !== undefined) return problem(trimMessage(alert.message, backend.name, name));
  const server = result.configuration.proxies
    .find((proxy) => proxy.name === backend.name)
    ?.backend?.servers.find((each) => each.name === name);
  if (server === undefined)
    return problem("'server' expects <name> and <addr>[:<port>] as arguments.");
  if (server.address.kind === "name") {
    const { host } = server.address;
    return problem(`'${host}' : names are resolved at start and reload, give an address here.`);
  }
  return { ok: true, server, isEnabled: words.includes("enabled") };
}

function problem(text: string): ServerLine {
  return { ok: false, problem: text };
}

function findRefusedWord(words: readonly string[]): string | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (IN_FILES_ONLY.has(word)) return `'${word}' option is not accepted for dynamic server`;
    if (TLS_WORDS.has(word)) {
      return `'${word}' option is not accepted for dynamic server: put it in the file and reload`;
    }
    if (!WITHOUT_ARGUMENT.test(word)) at += 1;
  }
  return undefined;
}

/** Other backends, as far as `track` needs them. */
function trackedSections(configuration: Configuration, except: string): string[] {
  return configuration.proxies
    .filter((proxy) => proxy.backend !== undefined && proxy.name !== except)
    .flatMap(({ name }) => [`backend ${quote(name)}`, ...trackable(configuration, name)]);
}

/** Servers that may be tracked, reduced to their names. */
function trackable(configuration: Configuration, backend: string): string[] {
  const proxy = configuration.proxies.find(
    (each) => each.name === backend && each.backend !== undefined,
  );
  return (proxy?.backend?.servers ?? []).map(
    (server) => `server ${quote(server.name)} 127.0.0.1:1 check id ${server.id}`,
  );
}

function quote(word: string): string {
  return `'${word.replace(/'/g, String.raw`'\''`).replace(/[\n\r\0]/g, " ")}'`;
}

/** A message without the place that the reader of files puts before it. */
function trimMessage(message: string, backend: string, server: string): string {
  const labels = [`'server ${backend}/${server}' : `, `'server ${server}' : `];
  const start = message.replace(/^parsing \[\(command\):\d+\] ?: ?/, "");
  const label = labels.find((each) => start.startsWith(each));
  const text = label === undefined ? start : start.slice(label.length);
  return /^unknown keyword '.*'$/.test(text) ? `${text}.` : text;
}
