// What is wrong behind the balancer: brokers and stick tables.
import type {
  BackendReport,
  BalancerStatus,
  ServerReport,
} from "../../../src/stats/balancer-status.ts";
import type { Problem } from "../facts.ts";
import { durationText } from "../../../src/base/duration-text.ts";
import { countWords, listWords, plural } from "../words.ts";

/** Brokers that are told of one by one; of more only the names are. */
const BROKERS_TOLD_MAX = 3;
/** Names in a list. */
const NAMES_MAX = 6;

/** Brokers that are down or taken out, backends without any, tables without room. */
export function brokerProblems(balancer: BalancerStatus | null): Problem[] {
  if (balancer === null) return [];
  const served = balancer.backends.filter(({ servers }) => servers.length > 0);
  const isOut = served.length > 0 && served.every(({ usableCount }) => usableCount === 0);
  return [
    ...served.flatMap((backend) => backendProblems(backend, isOut)),
    ...balancer.tables
      .filter(({ entryCount, entriesMax }) => entryCount >= entriesMax)
      .map(({ name, entriesMax }) => ({
        severity: "degraded" as const,
        area: "table" as const,
        text: `stick table ${name} is full with ${countWords(entriesMax)} entries: the oldest go`,
        hint: 'raise its "size"',
      })),
  ];
}

function backendProblems(backend: BackendReport, isOut: boolean): Problem[] {
  const { name, servers, usableCount, queueCount } = backend;
  const down = servers.filter(({ state }) => state === "down");
  const out = servers.filter(({ state }) => state === "maintenance" || state === "drain");
  const found: Problem[] = [];
  if (usableCount === 0) {
    const text = `backend ${name} has no usable broker`;
    found.push({ severity: isOut ? "down" : "degraded", area: "broker", text, hint: "" });
  }
  if (down.length > BROKERS_TOLD_MAX) {
    const names = listWords(
      down.map((server) => server.name),
      NAMES_MAX,
    );
    found.push(degraded(`${down.length} brokers of backend ${name} are DOWN: ${names}`));
  } else found.push(...down.map((server) => degraded(describeDown(name, server))));
  if (queueCount > 0) {
    const who = plural(queueCount, "client waits", "clients wait");
    found.push(degraded(`${who} for a free broker of backend ${name}`));
  }
  for (const [state, verb] of [
    ["maintenance", "in maintenance"],
    ["drain", "drained"],
  ] as const) {
    const names = out.filter((server) => server.state === state).map((server) => server.name);
    if (names.length === 0) continue;
    const text = `${verb}: ${listWords(names, NAMES_MAX)} of backend ${name}`;
    found.push({ severity: "note", area: "broker", text, hint: "" });
  }
  return found;
}

function describeDown(backend: string, { name, stateForMs, check }: ServerReport): string {
  const why = check === null ? "" : `: ${check.code}${check.text === "" ? "" : ` ${check.text}`}`;
  return `broker ${backend}/${name} is DOWN for ${durationText(stateForMs)}${why}`;
}

function degraded(text: string): Problem {
  return { severity: "degraded", area: "broker", text, hint: "" };
}
