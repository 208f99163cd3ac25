// One `ip -batch` that stands ready: a change of an address costs no start of a process.
//
// Theory of operation. Commands are answered in order (ha/vip/batch-replies.ts). When `ip` ends
// amid a command it is started anew: it ends by itself where it cannot read a word, and then that
// command has failed; when it was killed, the command is sent once more, since all that is sent
// here may be done twice.
import { spawn, type ChildProcess } from "node:child_process";
import {
  IP_COMMAND_MS,
  IP_QUEUE_MAX,
  IP_REPLY_LINES_MAX,
  IP_REPLY_LINE_CHARS_MAX,
  IP_RESTART_DELAY_MS,
} from "../limits.ts";
import { BatchReplies, isBatchable, isDoneAlready, MARK } from "../vip/batch-replies.ts";
import { runProgram } from "./run-program.ts";
import { standingProgram } from "./standing-program.ts";

/** How `ip` is started. */
export interface IpBatchOptions {
  /** Put before the command: `["chrt", "--rr", "50"]`, `["ip", "netns", "exec", "NAME"]`. */
  readonly prefix?: readonly string[];
  /** It ended though nobody asked it to, or cannot be started. Commands are not lost by that. */
  readonly onProblem?: (problem: string) => void;
}

/** What became of a question. */
export interface IpAnswer {
  readonly lines: readonly string[];
  /** `undefined` when it went well. */
  readonly problem: string | undefined;
}

interface Item {
  readonly words: readonly string[];
  readonly resolve: (answer: IpAnswer) => void;
  isSent: boolean;
  sentCount: number;
}

/** See the head of this file. */
export class IpBatch {
  readonly #prefix: readonly string[];
  readonly #onProblem: (problem: string) => void;
  /** Oldest first; those sent come before those that wait. */
  #items: Item[] = [];
  #child: ChildProcess | undefined;
  #replies = newReplies();
  #isClosed = false;
  #isRunningAlone = false;
  #restart: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #watched: Item | undefined;
  #waiters: (() => void)[] = [];

  constructor(options: IpBatchOptions = {}) {
    this.#prefix = options.prefix ?? [];
    this.#onProblem = options.onProblem ?? (() => undefined);
    this.#start();
  }

  /** The process that stands ready; `undefined` between two. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Commands that are not answered yet. */
  get pendingCount(): number {
    return this.#items.length;
  }

  /**
   * Runs a command, after those before it; resolves to what went wrong, `undefined` when nothing
   * did. What is there or gone already is no failure. Never rejects.
   */
  async run(words: readonly string[]): Promise<string | undefined> {
    return (await this.ask(words)).problem;
  }

  /** As `run`, with what `ip` printed: one line for each object. */
  ask(words: readonly string[]): Promise<IpAnswer> {
    return new Promise((resolve) => {
      if (this.#isClosed || this.#items.length >= IP_QUEUE_MAX) {
        const reason = this.#isClosed ? "it was closed" : `${IP_QUEUE_MAX} commands wait already`;
        resolve({ lines: [], problem: `"ip ${words.join(" ")}" was not run: ${reason}` });
        return;
      }
      this.#items.push(newItem(words, resolve));
      if (words[0] === "link" && words[1] === "add") this.forgetLinks();
      this.#pump();
    });
  }

  /**
   * What follows is done by an `ip` started anew: it remembers the index of a link by its name, and
   * finds no link that was made anew under the same name.
   */
  forgetLinks(): void {
    if (this.#isClosed || this.#items.at(-1)?.words === AFRESH) return;
    this.#items.push(newItem(AFRESH, () => undefined));
    this.#pump();
  }

  /** Resolves when every command so far is answered. */
  idle(): Promise<void> {
    if (this.#items.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Takes no more commands; those sent so far are still carried out. */
  close(): void {
    this.#isClosed = true;
    if (this.#items.length === 0) this.#finish();
  }

  #start(): void {
    this.#restart = undefined;
    const words = standingProgram("ip -o -force -batch - 2>&1");
    const [file, ...args] = [...this.#prefix, ...words];
    const startedMs = performance.now();
    const child = spawn(file!, args, { stdio: ["pipe", "pipe", "ignore"] });
    this.#child = child;
    this.#replies = newReplies();
    for (const item of this.#items) item.isSent = false;
    child.stdin.on("error", () => undefined);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (this.#child === child) this.#onOutput(text);
    });
    let isOver = false;
    const end = (problem: string, isStranger: boolean): void => {
      if (isOver) return;
      isOver = true;
      // One whose work another has taken over.
      if (this.#child !== undefined && this.#child !== child) return;
      this.#onEnded(problem, isStranger, performance.now() - startedMs);
    };
    child.once("error", (error) => end(`ip cannot be started: ${error.message}`, true));
    child.once("close", (code, signal) =>
      end(
        signal === null ? `ip ended with status ${String(code)}` : `ip was ended by ${signal}`,
        signal !== null,
      ),
    );
    this.#pump();
  }

  /** Sends what may be sent; a command that no line can hold runs alone, in its turn. */
  #pump(): void {
    const child = this.#child;
    if (child !== undefined && !this.#isRunningAlone) {
      let text = "";
      for (const item of this.#items) {
        if (item.isSent) continue;
        if (!isBatchable(item.words)) {
          if (item === this.#items[0]) {
            if (item.words === AFRESH) this.#startAfresh();
            else void this.#runAlone(item);
          }
          break;
        }
        item.isSent = true;
        item.sentCount += 1;
        text += `${item.words.join(" ")}\n${MARK}\n`;
      }
      if (text !== "") child.stdin?.write(text);
    }
    this.#watch();
  }

  #startAfresh(): void {
    const former = this.#child;
    this.#answer({ lines: [], problem: undefined });
    former?.stdin?.end();
    if (!this.#isClosed || this.#items.length > 0) this.#start();
  }

  async #runAlone(item: Item): Promise<void> {
    this.#isRunningAlone = true;
    const [file, ...args] = [...this.#prefix, "ip", ...item.words];
    const problem = await runProgram(file!, args, IP_COMMAND_MS);
    this.#isRunningAlone = false;
    const isDone = problem !== undefined && isDoneAlready(plainWords(item.words), problem);
    if (this.#items[0] === item) this.#answer({ lines: [], problem: isDone ? undefined : problem });
    this.#pump();
  }

  #onOutput(text: string): void {
    for (const { lines, hasFailed } of this.#replies.feed(text)) {
      const item = this.#items[0];
      if (item?.isSent !== true) continue;
      const message = lines.join(" ");
      const isProblem = hasFailed && !isDoneAlready(item.words, message);
      this.#answer({ lines: hasFailed ? [] : lines, problem: isProblem ? message : undefined });
    }
    this.#pump();
  }

  /** Answers the oldest command. */
  #answer(answer: IpAnswer): void {
    this.#items.shift()?.resolve(answer);
    if (this.#items.length > 0) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
    if (this.#isClosed) this.#finish();
  }

  #onEnded(problem: string, isStranger: boolean, livedMs: number): void {
    this.#child = undefined;
    const item = this.#items[0];
    const said = this.#replies.unfinished().join(" ");
    if (item?.isSent === true && (!isStranger || item.sentCount > 1)) {
      this.#answer({ lines: [], problem: said === "" ? problem : said });
    } else if (!this.#isClosed) this.#onProblem(problem);
    this.#watch();
    if (this.#isClosed && this.#items.length === 0) return;
    const delayMs = livedMs < IP_RESTART_DELAY_MS ? IP_RESTART_DELAY_MS : 0;
    this.#restart = setTimeout(() => this.#start(), delayMs);
  }

  /** The oldest command has so long, then `ip` is killed; the next gets its own time. */
  #watch(): void {
    const [oldest] = this.#items;
    if (oldest === this.#watched) return;
    clearTimeout(this.#deadline);
    this.#watched = oldest;
    if (oldest === undefined) return;
    this.#deadline = setTimeout(() => {
      const child = this.#child;
      // What it may still say is not heard; the others are sent to the next one.
      this.#child = undefined;
      this.#watched = undefined;
      child?.kill("SIGKILL");
      const text = `"ip ${oldest.words.join(" ")}" took longer than ${IP_COMMAND_MS} ms`;
      this.#answer({ lines: [], problem: text });
      this.#watch();
    }, IP_COMMAND_MS);
  }

  #finish(): void {
    clearTimeout(this.#restart);
    clearTimeout(this.#deadline);
    this.#child?.stdin?.end();
  }
}

/** Stands in the queue where `ip` is started anew. */
const AFRESH: readonly string[] = [];

function newItem(words: readonly string[], resolve: Item["resolve"]): Item {
  return { words, resolve, isSent: false, sentCount: 0 };
}

function newReplies(): BatchReplies {
  return new BatchReplies(IP_REPLY_LINES_MAX, IP_REPLY_LINE_CHARS_MAX);
}

/** Words without the options that stand before the object. */
function plainWords(words: readonly string[]): readonly string[] {
  return words.slice(words.findIndex((word) => !word.startsWith("-")));
}
