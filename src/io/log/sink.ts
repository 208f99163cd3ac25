/** Takes framed log lines. Never blocks and never throws: what cannot be sent is dropped and counted. */
export interface LogSink {
  write(bytes: Buffer): void;
  /** Lines lost since the start. */
  readonly droppedCount: number;
  /** Resolves once everything written so far has been handed to the system or dropped. */
  flush(): Promise<void>;
  close(): void;
}

/** Tells the program's own log, once per cause, that lines get lost. */
export type SinkWarning = (message: string) => void;
