// Which servers stand for election: the usable active ones, else the first usable backup, else
// (`option allbackups`) all usable backups.
import type { ServerState } from "./server.ts";

/** The servers that connections may go to, and their weights. Recounted after every change. */
export class Election {
  /** In declaration order. */
  #servers: readonly ServerState[];
  readonly #allBackups: boolean;
  #activeCount = 0;
  #backupCount = 0;
  #activeWeight = 0;
  #backupWeight = 0;
  #firstBackup: ServerState | undefined;
  /** The weights of the usable servers of the same kind declared before, for bounded loads. */
  readonly #weightBefore = new Map<ServerState, number>();

  constructor(servers: readonly ServerState[], allBackups: boolean) {
    this.#servers = servers;
    this.#allBackups = allBackups;
    this.recount();
  }

  /** All servers of the backend, in declaration order. */
  get servers(): readonly ServerState[] {
    return this.#servers;
  }

  /** Usable servers that are not backups. */
  get activeCount(): number {
    return this.#activeCount;
  }

  /** Usable backup servers. */
  get backupCount(): number {
    return this.#backupCount;
  }

  /** The one backup that serves when no active server is usable; absent with `allbackups`. */
  get firstBackup(): ServerState | undefined {
    return this.#firstBackup;
  }

  /** Whether backups serve. */
  get usesBackups(): boolean {
    return this.#activeCount === 0 && this.#backupCount > 0;
  }

  /** The single backup that takes everything at the moment. */
  get soleBackup(): ServerState | undefined {
    return this.#activeCount === 0 ? this.#firstBackup : undefined;
  }

  /** How many servers share the connections. */
  get usedCount(): number {
    if (this.#activeCount > 0) return this.#activeCount;
    return this.#firstBackup === undefined ? this.#backupCount : 1;
  }

  /** Effective weight of those that share the connections; 0 when there is no server. */
  get totalWeight(): number {
    if (this.#activeCount > 0) return this.#activeWeight;
    return this.#firstBackup?.effectiveWeight ?? this.#backupWeight;
  }

  /** The weight of the active servers, or of the backups. */
  groupWeight(isBackup: boolean): number {
    return isBackup ? this.#backupWeight : this.#activeWeight;
  }

  /** The weights of usable servers of the same kind declared before this one. */
  weightBefore(server: ServerState): number {
    return this.#weightBefore.get(server) ?? 0;
  }

  /** Whether connections may be given to the server, unless it is full. */
  isElectable(server: ServerState): boolean {
    if (!server.isUsable()) return false;
    if (!server.isBackup) return true;
    return this.#activeCount === 0 && (this.#allBackups || server === this.#firstBackup);
  }

  /** Takes note that the state or effective weight of any server changed. */
  recount(): void {
    this.#activeCount = 0;
    this.#backupCount = 0;
    this.#activeWeight = 0;
    this.#backupWeight = 0;
    this.#firstBackup = undefined;
    for (const server of this.#servers) {
      if (!server.isUsable()) continue;
      this.#weightBefore.set(server, this.groupWeight(server.isBackup));
      if (server.isBackup) {
        if (!this.#allBackups) this.#firstBackup ??= server;
        this.#backupCount += 1;
        this.#backupWeight += server.effectiveWeight;
      } else {
        this.#activeCount += 1;
        this.#activeWeight += server.effectiveWeight;
      }
    }
  }
}
