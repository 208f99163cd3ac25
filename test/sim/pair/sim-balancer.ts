// A balancer as its guard sees it: it becomes ready, beats, says whether it is fit, hangs and dies.
import type { SimNode } from "./sim-node.ts";

const BEAT_MS = 100;

/** See the head of this file. */
export class SimBalancer {
  isAlive = true;
  isFrozen = false;
  isReady = false;
  readonly #node: SimNode;
  readonly #run: number;

  constructor(node: SimNode, run: number) {
    this.#node = node;
    this.#run = run;
    node.after(node.world.bootMs(), () => {
      if (!this.isAlive) return;
      this.isReady = true;
      node.balancerSays(run, { kind: "ready", listeners: ["mqtt"] });
      this.#beat();
      node.world.referee.look();
    });
  }

  /** Connections through it are served. */
  get isServing(): boolean {
    return this.isAlive && this.isReady && !this.isFrozen;
  }

  signal(run: number, signal: "SIGTERM" | "SIGKILL" | "SIGHUP"): void {
    if (run !== this.#run || !this.isAlive || signal === "SIGHUP") return;
    if (signal === "SIGKILL") this.kill("SIGKILL");
    else this.#node.after(20, () => this.#end(null));
  }

  /** Its guard is dead. */
  orphan(): void {
    if (!this.isFrozen) this.#node.after(5, () => this.#end(null));
  }

  kill(signal = "SIGKILL"): void {
    this.#end(signal);
  }

  #end(signal: string | null): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#node.balancerEnded(this.#run, signal);
    this.#node.world.referee.look();
  }

  #beat(): void {
    if (!this.isAlive) return;
    const { isFit } = this.#node;
    if (!this.isFrozen) {
      this.#node.balancerSays(this.#run, {
        kind: "beat",
        fitness: { isFit, reasons: isFit ? [] : ["no usable broker"] },
        probe: "ok",
      });
    }
    this.#node.after(BEAT_MS, () => this.#beat());
  }
}
