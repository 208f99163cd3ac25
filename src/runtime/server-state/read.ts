// Reads server state files: of HAProxy and of this program. What is damaged is left out, line by
// line; nothing in a file throws.
import { parseIp, printIp } from "../../base/ip.ts";
import { STATE_COLUMNS, STATE_VERSION, type StateColumn } from "./columns.ts";

/** What a file says of one server, as far as it can be used. */
export interface SavedServer {
  readonly backend: string;
  readonly server: string;
  /** Absent without an address, or for one that is none. */
  readonly host?: string;
  /** 0 stopped, 1 starting, 2 running, 3 stopping. */
  readonly operational: number;
  /** Bits as `ADMIN` has them. */
  readonly admin: number;
  readonly userWeight: number;
  /** As configured when the file was written. */
  readonly initialWeight: number;
  readonly sinceChangeS: number;
  readonly checkHealth: number;
  /** Bits; 2 configured, 4 enabled. */
  readonly checkState: number;
  readonly agentState: number;
  /** 0: none. */
  readonly port: number;
  readonly checkPort: number;
  readonly agentPort: number;
  readonly checkHost?: string;
  readonly agentHost?: string;
}

/** What was read; `problems` say in which line what is wrong. */
export interface ReadState {
  readonly servers: readonly SavedServer[];
  readonly problems: readonly string[];
}

/** Most problems that are told of one file. */
const PROBLEMS_MAX = 5;

/** Highest seconds since a change that are believed: ten years. */
const SINCE_S_MAX = 10 * 365 * 86_400;

/** Reads a file's text. */
export function readServersState(text: string): ReadState {
  const servers: SavedServer[] = [];
  const problems: string[] = [];
  const lines = text.split("\n");
  if (lines[0]?.trim() !== STATE_VERSION) {
    return { servers, problems: [`line 1: expected the version '${STATE_VERSION}'`] };
  }
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.startsWith("#") || line.trim() === "") continue;
    const read = readLine(line);
    if (typeof read !== "string") servers.push(read);
    else if (problems.length < PROBLEMS_MAX) problems.push(`line ${index + 1}: ${read}`);
  }
  return { servers, problems };
}

function readLine(line: string): SavedServer | string {
  const words = line.trim().split(/ +/);
  if (words.length < STATE_COLUMNS.length) {
    return `${words.length} words where ${STATE_COLUMNS.length} are expected`;
  }
  const text = (column: StateColumn): string => words[STATE_COLUMNS.indexOf(column)]!;
  let bad: StateColumn | undefined;
  const number = (column: StateColumn, max: number): number => {
    const value = /^\d{1,15}$/.test(text(column)) ? Number(text(column)) : NaN;
    if (value <= max) return value;
    bad ??= column;
    return 0;
  };
  const hosts = {
    host: hostOf(text("srv_addr")),
    checkHost: hostOf(text("srv_check_addr")),
    agentHost: hostOf(text("srv_agent_addr")),
  };
  const saved: SavedServer = {
    backend: text("be_name"),
    server: text("srv_name"),
    operational: number("srv_op_state", 3),
    admin: number("srv_admin_state", 63),
    userWeight: number("srv_uweight", 256),
    initialWeight: number("srv_iweight", 256),
    sinceChangeS: number("srv_time_since_last_change", SINCE_S_MAX),
    checkHealth: number("srv_check_health", 2 ** 31),
    checkState: number("srv_check_state", 255),
    agentState: number("srv_agent_state", 255),
    port: number("srv_port", 65_535),
    checkPort: number("srv_check_port", 65_535),
    agentPort: number("srv_agent_port", 65_535),
    ...(hosts.host === undefined ? {} : { host: hosts.host }),
    ...(hosts.checkHost === undefined ? {} : { checkHost: hosts.checkHost }),
    ...(hosts.agentHost === undefined ? {} : { agentHost: hosts.agentHost }),
  };
  return bad === undefined ? saved : `'${text(bad).slice(0, 40)}' is no ${bad}`;
}

function hostOf(word: string): string | undefined {
  const bytes = parseIp(word);
  return bytes === undefined ? undefined : printIp(bytes);
}
