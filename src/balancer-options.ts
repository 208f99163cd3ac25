/** What the command line says about a balancer. */
export interface BalancerOptions {
  /** Configuration files and folders, in order. */
  readonly files: readonly string[];
  /** `-L`: our name among peers. */
  readonly localpeer?: string;
  readonly pidfile?: string;
  /** Where `tandem reload` finds us; without it only signals reach us. */
  readonly controlPath?: string;
  /** `-n`: replaces `global maxconn`. */
  readonly maxconn?: number;
  readonly quiet: boolean;
  /** `-dW`: warnings prevent the start. */
  readonly warningsAreErrors: boolean;
  /** `-dr`: names that do not resolve are warnings. */
  readonly ignoreResolveFailures?: boolean;
  /** It stood in reserve, where it has served made-up devices already. */
  readonly hasRehearsed?: boolean;
  /** Called once, when all listeners are up. */
  readonly onReady?: () => void;
  /** `-sf`, `-st`: processes to be signalled once our listeners are up. */
  readonly signalAfterReady?: {
    readonly pids: readonly number[];
    readonly signal: "SIGUSR1" | "SIGTERM";
  };
}

/** What the guard says about a balancer that it starts: the options that are values. */
export interface ChildOptions extends Omit<
  BalancerOptions,
  "hasRehearsed" | "onReady" | "signalAfterReady"
> {
  /** Loads the program, practises, and waits for a byte on stdin; at stdin's end it exits with 0. */
  readonly standby?: boolean;
}

const KINDS: Readonly<Record<keyof ChildOptions, "files" | "string" | "number" | "boolean">> = {
  files: "files",
  localpeer: "string",
  pidfile: "string",
  controlPath: "string",
  maxconn: "number",
  quiet: "boolean",
  warningsAreErrors: "boolean",
  ignoreResolveFailures: "boolean",
  standby: "boolean",
};

/** Reads options from JSON; what is left out is as on the command line. A text says what is wrong. */
export function parseChildOptions(text: string): ChildOptions | string {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return `expected a JSON object of options, found ${text === "" ? "nothing" : text.slice(0, 80)}`;
  }
  const given = value as Readonly<Record<string, unknown>>;
  for (const [name, found] of Object.entries(given)) {
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name as keyof ChildOptions] : undefined;
    if (kind === undefined) return `unknown option '${name}'`;
    if (kind !== "files" && typeof found !== kind) return `option '${name}' expects a ${kind}`;
  }
  const { files } = given;
  if (!Array.isArray(files) || files.length === 0 || files.some((f) => typeof f !== "string")) {
    return "option 'files' expects the names of configuration files";
  }
  return { quiet: false, warningsAreErrors: false, ...(given as Partial<ChildOptions>), files };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
