// The places that log lines go to, one sink for each, shared by all proxies.
import { assertNever } from "../../base/assert.ts";
import type { LogTarget } from "../../config/model/log.ts";
import type { RoutedFrame } from "../../log/router.ts";
import { FdSink } from "./fd-sink.ts";
import type { LogSink, SinkWarning } from "./sink.ts";
import { UdpSink, UdpSockets } from "./udp-sink.ts";
import { UnixDatagrams, UnixSink } from "./unix-sink.ts";

const STDERR_FD = 2;

/** Sends routed frames. Sinks are opened when first written to and live until `close()`. */
export class LogSinks {
  readonly #warn: SinkWarning;
  readonly #udp = new UdpSockets();
  readonly #unix = new UnixDatagrams();
  readonly #sinks = new Map<string, LogSink>();

  constructor(warn: SinkWarning) {
    this.#warn = warn;
  }

  /** Lines lost since the start, in all sinks: `DroppedLogs` of `show info`. */
  get droppedCount(): number {
    let count = 0;
    for (const sink of this.#sinks.values()) count += sink.droppedCount;
    return count;
  }

  send(frame: RoutedFrame): void {
    this.#sinkOf(frame.target.target).write(frame.bytes);
  }

  /** Resolves once every line written so far is out or dropped. */
  async flush(): Promise<void> {
    await Promise.all([...this.#sinks.values()].map((sink) => sink.flush()));
  }

  close(): void {
    for (const sink of this.#sinks.values()) sink.close();
    this.#sinks.clear();
    this.#udp.close();
    this.#unix.close();
  }

  #sinkOf(target: LogTarget["target"]): LogSink {
    const key = JSON.stringify(target);
    let sink = this.#sinks.get(key);
    if (sink === undefined) {
      sink = this.#open(target);
      this.#sinks.set(key, sink);
    }
    return sink;
  }

  #open(target: LogTarget["target"]): LogSink {
    switch (target.kind) {
      case "udp":
        return new UdpSink(this.#udp, target.host, target.port, this.#warn);
      case "unix": {
        const fallback = this.#sinkOf({ kind: "fd", fd: STDERR_FD });
        return new UnixSink(this.#unix, target.path, fallback, this.#warn);
      }
      case "fd":
        return new FdSink(target.fd, this.#warn);
      default:
        return assertNever(target);
    }
  }
}
