import type { Diagnostic } from "../base/diagnostic.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { Proxy } from "../config/model/proxy.ts";
import { compileLogFormat } from "./format.ts";
import { compileLogSample } from "./rule-sample.ts";

/** Compiles every log format of a configuration once, only to find what is wrong with it. */
export function checkLogFormats(configuration: Configuration): readonly Diagnostic[] {
  return configuration.proxies.filter((proxy) => !proxy.disabled).flatMap(checkProxy);
}

function checkProxy(proxy: Proxy): Diagnostic[] {
  if (proxy.frontend === undefined || proxy.mode === "http") return [];
  const formats: readonly (readonly [string, string | undefined])[] = [
    ["log-format", proxy.logFormat],
    ["error-log-format", proxy.errorLogFormat],
    ["log-format-sd", proxy.logFormatSd],
  ];
  return formats.flatMap(([keyword, format]) => {
    if (format === undefined) return [];
    const message = problemOf(format);
    if (message === undefined) return [];
    return [
      {
        severity: "alert",
        message: `failed to parse ${keyword} : ${message}.`,
        position: proxy.position,
      } satisfies Diagnostic,
    ];
  });
}

function problemOf(format: string): string | undefined {
  const identity = { hostName: "", pid: 0, utcOffset: () => 0 };
  const compiled = compileLogFormat(format, { ...identity, sample: compileLogSample });
  return compiled.ok ? undefined : compiled.message.replace(/\.$/, "");
}
