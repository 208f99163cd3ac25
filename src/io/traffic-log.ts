// Traffic lines and state changes on their way to the log targets of each proxy.
import type { LogLevel } from "../config/model/log.ts";
import type { Proxy } from "../config/model/proxy.ts";
import type { RuleContext } from "../rules/context.ts";
import { formatAcceptDate } from "../log/date.ts";
import {
  type CompiledLogFormat,
  compileLogFormat,
  compileTcplog,
  type LogFormatOptions,
  renderConnectLine,
} from "../log/format.ts";
import type { ConnectionRecord } from "../log/record.ts";
import { compileLogSample } from "../log/rule-sample.ts";
import { LogRouter, type LogSender } from "../log/router.ts";
import type { FrontendState } from "../session/frontend-state.ts";
import type { World } from "../session/world.ts";
import { wallClockMs } from "./clock.ts";
import { localUtcOffset } from "./log/local-time.ts";
import type { LogSinks } from "./log/sinks.ts";

/** The program name in syslog lines unless `log-tag` says otherwise: filters on it keep working. */
const LOG_TAG_DEFAULT = "haproxy";

/** How one proxy logs. */
interface ProxyLog {
  readonly proxy: Proxy;
  readonly router: LogRouter;
  readonly sender: LogSender;
  /** Absent without `option tcplog` and `log-format`. */
  readonly format: CompiledLogFormat | undefined;
  readonly errorFormat: CompiledLogFormat | undefined;
  readonly structured: CompiledLogFormat | undefined;
}

/** Logs what happens to connections and servers, as each proxy's `log` lines say. */
export class TrafficLog {
  readonly #world: World;
  readonly #sinks: Pick<LogSinks, "send">;
  readonly #options: LogFormatOptions;
  #logs = new Map<string, ProxyLog>();

  constructor(world: World, sinks: Pick<LogSinks, "send">) {
    this.#world = world;
    this.#sinks = sinks;
    this.#options = {
      hostName: world.hostName,
      pid: process.pid,
      utcOffset: localUtcOffset,
      sample: compileLogSample,
    };
  }

  /** Takes the logging of all proxies of the world. */
  reconfigure(proxies: readonly Proxy[]): void {
    this.#logs = new Map(proxies.map((proxy) => [proxy.name, this.#proxyLog(proxy)]));
    for (const frontend of this.#world.frontends.values()) {
      const log = this.#logs.get(frontend.name);
      frontend.logMoment = momentOf(frontend, log);
      const formats = [log?.format, log?.errorFormat, log?.structured];
      frontend.logsSamples = formats.some((format) => format?.hasSamples === true);
      frontend.logsLocalAddress = formats.some((format) => format?.hasLocalAddress === true);
    }
  }

  /** A session's line. */
  traffic(record: ConnectionRecord, context: RuleContext): void {
    const log = this.#logs.get(record.frontend);
    if (log === undefined) return;
    const isError = record.termination !== "--";
    const level =
      isError && log.proxy.flags.has("log-separate-errors") ? ("err" as const) : ("info" as const);
    if (!log.router.wants(level)) return;
    const format = isError ? (log.errorFormat ?? log.format) : log.format;
    const text = format?.render(record, context) ?? renderConnectLine(record);
    if (text === "") return;
    const structuredData = log.structured?.render(record, context);
    this.#send(log, { text, level, ...(structuredData === undefined ? {} : { structuredData }) });
  }

  /** A connection that failed before it was a session. */
  handshake(record: ConnectionRecord, message: string): void {
    const log = this.#logs.get(record.frontend);
    if (log === undefined) return;
    const { client } = record;
    const from = client.kind === "ip" ? `${client.host}:${client.port}` : "unix:1";
    const date = formatAcceptDate(record.acceptWallMs, localUtcOffset);
    this.#send(log, { text: `${from} [${date}] ${message}`, level: "info" });
  }

  /** A state change of a proxy or one of its servers. */
  state(proxy: string, level: LogLevel, text: string): void {
    const log = this.#logs.get(proxy);
    if (log !== undefined) this.#send(log, { text, level });
  }

  #send(
    log: ProxyLog,
    line: { readonly text: string; readonly level: LogLevel; readonly structuredData?: string },
  ): void {
    for (const frame of log.router.route({ ...line, wallMs: wallClockMs() }, log.sender)) {
      this.#sinks.send(frame);
    }
  }

  #proxyLog(proxy: Proxy): ProxyLog {
    const { errorLogFormat, logFormatSd } = proxy;
    const hostName = this.#world.global?.logSendHostname;
    return {
      proxy,
      router: new LogRouter(proxy.logs),
      sender: {
        tag: proxy.logTag ?? this.#world.global?.logTag ?? LOG_TAG_DEFAULT,
        pid: process.pid,
        utcOffset: localUtcOffset,
        ...(hostName === undefined
          ? {}
          : { hostName: hostName === true ? this.#world.hostName : hostName }),
      },
      format: this.#mainFormat(proxy),
      errorFormat: errorLogFormat === undefined ? undefined : this.#compile(errorLogFormat),
      structured: logFormatSd === undefined ? undefined : this.#compile(logFormatSd),
    };
  }

  #mainFormat(proxy: Proxy): CompiledLogFormat | undefined {
    if (proxy.logFormat !== undefined) return this.#compile(proxy.logFormat);
    const isDetailed = proxy.flags.has("tcplog") || proxy.flags.has("httplog");
    return isDetailed ? compileTcplog(this.#options) : undefined;
  }

  /** The format; a refused one has been reported when the configuration was checked. */
  #compile(format: string): CompiledLogFormat | undefined {
    const compiled = compileLogFormat(format, this.#options);
    return compiled.ok ? compiled : undefined;
  }
}

/** When the lines of a frontend are due; never, if nobody takes them. */
function momentOf(frontend: FrontendState, log: ProxyLog | undefined): FrontendState["logMoment"] {
  if (log === undefined || !(log.router.wants("info") || log.router.wants("err"))) return "never";
  if (log.format === undefined) return "accept";
  return frontend.proxy.flags.has("logasap") ? "connect" : log.format.emission;
}
