// The flags of the `haproxy` command (haproxy management §3). A flag and its value are two words.
// Flags of one letter that take no value may stand together (`-qc`), which HAProxy takes for `-q`.

/** What the user wants of the `haproxy` command. */
export type HaproxyCommand =
  | { readonly kind: "version"; readonly isVerbose: boolean }
  | { readonly kind: "condition"; readonly condition: string }
  | { readonly kind: "usage"; readonly exitCode: 0 | 1; readonly problem?: string }
  | ({ readonly kind: "check" | "run" } & HaproxyOptions);

/** Everything that matters for checking and running. */
export interface HaproxyOptions {
  readonly files: readonly string[];
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  /** `-dW`. */
  readonly warningsAreErrors: boolean;
  /** `-dr`: start although names do not resolve. */
  readonly ignoreResolveFailures: boolean;
  /**
   * `background` with `-D`; `foreground` with `-d`, `-db` or `-Ws`; else the configuration's
   * `daemon` decides.
   */
  readonly placement: "background" | "foreground" | "configured";
  /** `-Ws`. */
  readonly notifySystemd: boolean;
  readonly folder?: string;
  readonly localpeer?: string;
  readonly pidfile?: string;
  readonly maxconn?: number;
  readonly oldPids: readonly number[];
  readonly oldSignal: "SIGUSR1" | "SIGTERM";
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Draft extends Mutable<Omit<HaproxyOptions, "files" | "oldPids">> {
  files: string[];
  oldPids: number[];
  isCheck: boolean;
  outcome?: HaproxyCommand;
}

/** Flags that are accepted and change nothing here, value-less; `-dM` and `-dK` take a tail. */
const IGNORED = /^-(?:d[IDRSGVLep]|d[MK].*|W)$/;
/** Flags with a value that changes nothing here. */
const IGNORED_WITH_VALUE: ReadonlySet<string> = new Set(["-N", "-m", "-S", "-x"]);
const VALUE_WANTED: Readonly<Record<string, string>> = {
  "-f": "a configuration file or folder",
  "-x": "a unix socket path",
  "-S": "an address",
  "-p": "a file",
  "-L": "a name",
  "-C": "a folder",
  "-n": "a number",
  "-N": "a number",
  "-m": "a number of megabytes",
};

/** Understands the words after `haproxy`; never throws. */
export function parseHaproxyArguments(words: readonly string[]): HaproxyCommand {
  const draft: Draft = {
    files: [],
    oldPids: [],
    oldSignal: "SIGUSR1",
    isCheck: false,
    isQuiet: false,
    isVerbose: false,
    warningsAreErrors: false,
    ignoreResolveFailures: false,
    placement: "configured",
    notifySystemd: false,
  };
  let index = 0;
  while (index < words.length && draft.outcome === undefined) {
    index = takeWord(words, index, draft);
  }
  return draft.outcome ?? conclude(draft);
}

function conclude(draft: Draft): HaproxyCommand {
  if (draft.files.length === 0) return usage("no configuration file given: use -f");
  const { isCheck, outcome: _outcome, ...options } = draft;
  return { kind: isCheck ? "check" : "run", ...options };
}

function usage(problem: string): HaproxyCommand {
  return { kind: "usage", exitCode: 1, problem };
}

/** Takes the word at `index` and what belongs to it; returns the index of the next one. */
function takeWord(words: readonly string[], index: number, draft: Draft): number {
  const word = words[index]!;
  if (word === "--") {
    draft.files.push(...words.slice(index + 1));
    return words.length;
  }
  if (word === "-sf" || word === "-st") return takePids(words, index, draft);
  if (word === "-cc") {
    const condition = words[index + 1];
    draft.outcome =
      condition === undefined ? usage("-cc expects a condition") : { kind: "condition", condition };
    return words.length;
  }
  if (takeSwitch(word, draft)) return index + 1;
  if (VALUE_WANTED[word] !== undefined) return takeValue(words, index, draft);
  if (takeCombined(word, draft)) return index + 1;
  draft.outcome = usage(
    word.startsWith("-") ? `unknown flag '${word}'` : `unexpected argument '${word}'`,
  );
  return words.length;
}

/** Flags without a value. */
function takeSwitch(word: string, draft: Draft): boolean {
  switch (word) {
    case "-h":
      draft.outcome = { kind: "usage", exitCode: 0 };
      return true;
    case "-v":
    case "--version":
      draft.outcome = { kind: "version", isVerbose: false };
      return true;
    case "-vv":
      draft.outcome = { kind: "version", isVerbose: true };
      return true;
    case "-c":
      draft.isCheck = true;
      return true;
    case "-q":
      draft.isQuiet = true;
      return true;
    case "-V":
      draft.isVerbose = true;
      return true;
    case "-dW":
      draft.warningsAreErrors = true;
      return true;
    case "-dr":
      draft.ignoreResolveFailures = true;
      return true;
    case "-D":
      if (draft.placement === "configured") draft.placement = "background";
      return true;
    case "-d":
    case "-db":
      draft.placement = "foreground";
      return true;
    case "-Ws":
      draft.placement = "foreground";
      draft.notifySystemd = true;
      return true;
    default:
      return IGNORED.test(word);
  }
}

/** `-qc`, `-VDq`: switches of one letter behind one dash. */
function takeCombined(word: string, draft: Draft): boolean {
  if (!/^-[cqVDdW]{2,}$/.test(word)) return false;
  return Array.from(word.slice(1)).every((letter) => takeSwitch(`-${letter}`, draft));
}

function takeValue(words: readonly string[], index: number, draft: Draft): number {
  const flag = words[index]!;
  const value = words[index + 1];
  if (value === undefined) {
    draft.outcome = usage(`${flag} expects ${VALUE_WANTED[flag]!}`);
    return words.length;
  }
  if (flag === "-f") return takeFiles(words, index, draft);
  if (flag === "-p") draft.pidfile = value;
  else if (flag === "-L") draft.localpeer = value;
  else if (flag === "-C") draft.folder = value;
  else if (flag === "-n") takeMaxconn(value, draft);
  else if (!IGNORED_WITH_VALUE.has(flag)) draft.outcome = usage(`unknown flag '${flag}'`);
  return index + 2;
}

/** `-f` takes one word, as HAProxy's does. */
function takeFiles(words: readonly string[], index: number, draft: Draft): number {
  draft.files.push(words[index + 1]!);
  return index + 2;
}

/** 0 means the configured number. HAProxy reads letters as 0, which hides a mistake. */
function takeMaxconn(value: string, draft: Draft): void {
  const maxconn = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(maxconn)) {
    draft.outcome = usage(`-n expects a number, found '${value}'`);
  } else if (maxconn > 0) draft.maxconn = maxconn;
}

/** All numbers that follow; there may be none, as in `-sf $(cat pidfile)` at the first start. */
function takePids(words: readonly string[], index: number, draft: Draft): number {
  draft.oldSignal = words[index] === "-st" ? "SIGTERM" : "SIGUSR1";
  let next = index + 1;
  while (next < words.length && !words[next]!.startsWith("-")) {
    const pid = Number(words[next]);
    if (!Number.isSafeInteger(pid) || pid <= 0) {
      draft.outcome = usage(`${words[index]!} expects process ids, found '${words[next]!}'`);
      return words.length;
    }
    draft.oldPids.push(pid);
    next++;
  }
  return next;
}
