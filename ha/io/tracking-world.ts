// What tracking and notices need of the world: scripts, processes, files, FIFOs.
import type { AgentEffect, AgentEvent } from "../agent/agent-events.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import { Fifos } from "./fifo.ts";
import { FileWatch, initializeFiles } from "./file-watch.ts";
import type { Log } from "./log/log.ts";
import { NotifyRunner } from "./notify-runner.ts";
import { ProcessWatch } from "./process-watch.ts";
import type { ScriptLauncher } from "./script-launcher.ts";
import { ScriptRunner } from "./script-runner.ts";

/** What it needs of the process. */
export interface TrackingWorldOptions {
  readonly log: Log;
  readonly launcher: ScriptLauncher;
  feed(event: AgentEvent): void;
}

/** See the head of this file. */
export class TrackingWorld {
  readonly #options: TrackingWorldOptions;
  readonly #scripts: ScriptRunner;
  readonly #notices: NotifyRunner;
  readonly #fifos: Fifos;
  readonly #processes: ProcessWatch;
  readonly #files: FileWatch;

  constructor(options: TrackingWorldOptions) {
    const { log, launcher } = options;
    const feed = (event: AgentEvent): void => options.feed(event);
    this.#options = options;
    this.#scripts = new ScriptRunner(launcher, (script, outcome) =>
      feed({ kind: "script-ended", script, outcome }),
    );
    this.#notices = new NotifyRunner(launcher);
    this.#fifos = new Fifos(launcher, (level, text) => log.write(level, text));
    this.#processes = new ProcessWatch((name, count) => feed({ kind: "processes", name, count }));
    this.#files = new FileWatch((name, value) => feed({ kind: "file", name, value }));
  }

  /** Prepares tracked files, opens FIFOs and begins to watch. */
  async start(configuration: AgentConfiguration): Promise<void> {
    for (const problem of await initializeFiles(configuration.files)) {
      this.#options.log.write("warning", problem);
    }
    await this.reconfigure(configuration);
  }

  /** Goes on with another configuration. What tracked files hold stays. */
  async reconfigure(configuration: AgentConfiguration): Promise<void> {
    const { launcher } = this.#options;
    launcher.reconfigure(configuration.global);
    await this.#fifos.reconfigure(configuration.global.fifos);
    this.#processes.reconfigure(configuration.processes);
    this.#files.reconfigure(configuration.files);
  }

  carryOut(effect: Extract<AgentEffect, { kind: "run-script" | "notify" | "fifo" }>): void {
    switch (effect.kind) {
      case "run-script":
        this.#scripts.run(effect);
        break;
      case "fifo":
        this.#fifos.write(effect.line);
        break;
      case "notify":
        void this.#notices.run(effect.command, effect.arguments).then((problem) => {
          this.#options.feed({ kind: "notified", id: effect.id, problem });
        });
        break;
    }
  }

  async close(): Promise<void> {
    this.#scripts.close();
    this.#notices.close();
    this.#processes.close();
    this.#files.close();
    await this.#fifos.close();
  }
}
