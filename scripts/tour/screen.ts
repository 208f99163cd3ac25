import { styleText } from "node:util";

/** What the table shows of one broker. */
export interface BrokerRow {
  readonly name: string;
  readonly port: number;
  readonly isAlive: boolean;
  readonly devices: readonly string[];
}

/** What the table shows. */
export interface Picture {
  readonly brokers: readonly BrokerRow[];
  readonly connecting: readonly string[];
}

/**
 * The story as lines, and below it, on a terminal, a table that stays in place and follows every
 * change. Elsewhere the table is printed where the story asks for it.
 */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #picture: () => Picture;
  #tableLines = 0;
  #isTableShown = false;

  constructor(out: NodeJS.WriteStream, picture: () => Picture) {
    this.#out = out;
    this.#picture = picture;
  }

  /** One step of the story, set off by an empty line. */
  heading(text: string): void {
    this.say(`\n${this.#style("bold", text)}`);
  }

  /** One line of the story, above the table. */
  say(text: string): void {
    this.#erase();
    this.#out.write(`${text}\n`);
    this.#draw();
  }

  /** Shows the table: from here on in place, or once where there is no terminal. */
  showTable(): void {
    if (this.#out.isTTY) {
      this.#isTableShown = true;
      this.refresh();
    } else {
      this.#out.write(`${this.#table().join("\n")}\n`);
    }
  }

  /** Follows a change. */
  refresh(): void {
    this.#erase();
    this.#draw();
  }

  #erase(): void {
    if (this.#tableLines > 0) this.#out.write(`\u001b[${this.#tableLines}A\u001b[0J`);
    this.#tableLines = 0;
  }

  #draw(): void {
    if (!this.#isTableShown) return;
    const lines = ["", ...this.#table()];
    this.#out.write(`${lines.join("\n")}\n`);
    this.#tableLines = lines.length;
  }

  #table(): string[] {
    const { brokers, connecting } = this.#picture();
    const lines = brokers.map(({ name, port, isAlive, devices }) => {
      const state = isAlive ? this.#style("green", "up  ") : this.#style("red", "dead");
      return `  ${name} :${port}  ${state}  ${String(devices.length)}  ${devices.join(" ")}`;
    });
    if (connecting.length > 0 || this.#out.isTTY) {
      lines.push(`  ${this.#style("dim", `on their way: ${connecting.join(" ") || "none"}`)}`);
    }
    return this.#out.isTTY ? lines.map((line) => this.#fit(line)) : lines;
  }

  /** A line that wraps would break the count of lines; the styles' own characters take no room. */
  #fit(line: string): string {
    const room = (this.#out.columns || 80) + (line.length - plainLength(line)) - 1;
    return line.length <= room ? line : `${line.slice(0, room - 1)}…`;
  }

  #style(format: "bold" | "dim" | "green" | "red", text: string): string {
    return this.#out.isTTY ? styleText(format, text) : text;
  }
}

function plainLength(text: string): number {
  // eslint-disable-next-line no-control-regex -- The escape character begins a style.
  return text.replace(/\u001b\[\d+m/g, "").length;
}
