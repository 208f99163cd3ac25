// Recognises the usual commands that ask whether a process named haproxy is there. Below
// `tandem run` there is none: the guard's own watch of the balancer knows the answer.

/** Programs that look for processes by name. */
const FINDERS: ReadonlySet<string> = new Set(["killall", "pkill", "pidof", "pgrep"]);
/** Shells that take a command line as one word behind `-c`. */
const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "ash", "busybox"]);
/** Programs that only start another one; their options are skipped, too. */
const WRAPPERS: ReadonlySet<string> = new Set(["sudo", "env", "exec", "command", "nice"]);
const HAPROXY = /^(?:.*\/)?haproxy$/;

/**
 * Whether a command only asks if haproxy runs: `killall -0 haproxy`, `pkill -0`, `pidof`, `pgrep`,
 * `systemctl is-active` or `status`, `service haproxy status`, with or without folders, options,
 * redirections, `|| exit 1` and a shell around them. A command that does more, such as one that
 * starts haproxy, signals it or asks a port, is none. `words` is the command line, quotes removed.
 */
export function isHaproxyCheck(words: readonly string[]): boolean {
  const command = withoutWrappers(words.length === 1 ? splitLine(words[0]!) : words);
  const program = baseName(command[0] ?? "");
  if (SHELLS.has(program)) return isShellCheck(command);
  const own = beforeHarmlessTail(command);
  if (own === undefined) return false;
  if (FINDERS.has(program)) return isFinderCheck(program, own.slice(1));
  if (program === "systemctl") return isSystemctlCheck(own.slice(1));
  if (program === "service" || program === "rc-service") {
    return isHaproxy(own[1] ?? "") && own[2] === "status" && own.length === 3;
  }
  return /^\/etc\/(?:rc\.d\/)?init\.d\/haproxy$/.test(own[0] ?? "") && own[1] === "status";
}

/** Whether a process name in `vrrp_track_process` means HAProxy. */
export function isHaproxyProcess(words: readonly string[]): boolean {
  return HAPROXY.test(words[0] ?? "");
}

/** `killall` and `pkill` signal unless they send 0; the other two only look. */
function isFinderCheck(program: string, words: readonly string[]): boolean {
  const isSender = program === "killall" || program === "pkill";
  const takesValue = isSender ? /^(?:-s|-u|--signal|--user)$/ : /^(?:-u|-o|--euid)$/;
  const names = words.filter(
    (word, i) => !word.startsWith("-") && !takesValue.test(words[i - 1] ?? ""),
  );
  if (names.length !== 1 || !isHaproxy(names[0]!)) return false;
  return !isSender || sendsNothing(words);
}

/** `-0`, `-s 0`, `--signal 0`, `--signal=0`: the kernel only says whether the process exists. */
function sendsNothing(words: readonly string[]): boolean {
  return words.some(
    (word, i) =>
      /^(?:-[a-z]*0|-s0|--signal=0)$/.test(word) ||
      ((word === "-s" || word === "--signal") && words[i + 1] === "0"),
  );
}

function isSystemctlCheck(words: readonly string[]): boolean {
  const [verb, unit, ...rest] = words.filter((word) => !word.startsWith("-"));
  const asks = verb === "is-active" || verb === "status";
  return asks && rest.length === 0 && isHaproxy((unit ?? "").replace(/\.service$/, ""));
}

/** `sh -c "killall -0 haproxy"`: the line inside counts. */
function isShellCheck(command: readonly string[]): boolean {
  const flag = command.findIndex((word) => /^-[a-z]*c$/.test(word));
  const line = command[flag + 1];
  // One level of shell is what people write; deeper ones are left to run.
  if (flag < 0 || line === undefined || SHELLS.has(baseName(splitLine(line)[0] ?? "")))
    return false;
  return isHaproxyCheck(splitLine(line));
}

/** The command up to `>/dev/null`, `2>&1`, `|| exit 1`; `undefined` when more than that follows. */
function beforeHarmlessTail(words: readonly string[]): readonly string[] | undefined {
  const end = words.findIndex((word) => /^(?:[012&]?>|\|\||&&|[|;&])/.test(word));
  if (end < 0) return words;
  const tail = words.slice(end).join(" ");
  const redirections = /^(?:\s*[012&]?>{1,2}\s*(?:\/dev\/null|&[012]))*/;
  const rest = tail.replace(redirections, "").trim();
  return /^(?:(?:\|\| ?(?:exit 1|false)|&& ?(?:exit 0|true)) ?)*$/.test(rest)
    ? words.slice(0, end)
    : undefined;
}

function withoutWrappers(words: readonly string[]): readonly string[] {
  let start = 0;
  while (WRAPPERS.has(baseName(words[start] ?? ""))) {
    start++;
    while (/^-|^\w+=/.test(words[start] ?? "")) start++;
  }
  return words.slice(start);
}

function splitLine(line: string): string[] {
  const words = line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  return words.map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
}

function isHaproxy(word: string): boolean {
  return HAPROXY.test(word);
}

function baseName(program: string): string {
  return program.slice(program.lastIndexOf("/") + 1);
}
