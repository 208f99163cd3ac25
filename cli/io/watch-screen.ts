// A screen that is drawn again and again until a key or a signal ends it; the terminal is left as it was.

/** The screen as the terminal has it. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What is watched. */
export interface WatchOptions {
  readonly periodMs: number;
  /** The text for a screen of this size, lines with their ends. */
  readonly draw: (size: ScreenSize) => Promise<string>;
}

/** Another screen, no cursor. */
const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE_END = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Whether the program writes to a person's terminal. */
export function isTerminal(): boolean {
  return process.stdout.isTTY;
}

/** The size of the terminal; 80 by 24 where there is none, or one that does not know. */
export function screenSize(): ScreenSize {
  const { columns = 0, rows = 0 } = process.stdout as Partial<typeof process.stdout>;
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
}

/**
 * Draws each period until `q`, Ctrl-C, SIGINT, SIGTERM or SIGHUP, or until nobody reads any more. On
 * a terminal the former screen comes back; elsewhere each text follows the one before.
 */
export async function watchScreen({ periodMs, draw }: WatchOptions): Promise<void> {
  const { stdin, stdout } = process;
  let wake: (() => void) | undefined;
  let isOver = false;
  const end = (): void => {
    isOver = true;
    wake?.();
  };
  const onKey = (bytes: Buffer): void => {
    if (bytes.includes(0x03) || bytes.includes("q")) end();
  };
  const redraw = (): void => wake?.();
  const isInteractive = stdout.isTTY;
  for (const signal of SIGNALS) process.on(signal, end);
  stdout.on("error", end);
  stdout.on("resize", redraw);
  const restore = (): void => {
    if (isInteractive) stdout.write(LEAVE);
  };
  process.once("exit", restore);
  if (isInteractive) stdout.write(ENTER);
  if (isInteractive && stdin.isTTY) {
    stdin.setRawMode(true);
    stdin.on("data", onKey);
  }
  try {
    while (!isEnded()) {
      const size = screenSize();
      const text = await draw(size);
      if (isEnded()) break;
      stdout.write(isInteractive ? overwritten(text, size.rows) : text);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, periodMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
    stdout.off("resize", redraw);
    if (isInteractive && stdin.isTTY) {
      stdin.off("data", onKey);
      stdin.setRawMode(false);
      stdin.pause();
    }
    process.off("exit", restore);
    restore();
  }
  // Set by listeners, which the compiler does not see.
  function isEnded(): boolean {
    return isOver;
  }
}

/** Drawn over the former text, so that nothing flickers. */
function overwritten(text: string, rows: number): string {
  const lines = text.trimEnd().split("\n").slice(0, rows);
  return `${HOME}${lines.map((line) => `${line}${CLEAR_LINE_END}`).join("\r\n")}${CLEAR_BELOW}`;
}
