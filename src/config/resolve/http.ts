// HTTP mode: served for a pure statistics page, refused otherwise with one alert for each thing.
import type { ProxyDraft } from "../draft.ts";
import { proxyLabel } from "../draft.ts";
import type { Finder } from "./finder.ts";

/** Whether a proxy in HTTP mode does nothing but serve statistics. */
export function isStatisticsPage(proxy: ProxyDraft): boolean {
  return (
    proxy.kind !== "backend" &&
    (proxy.stats !== undefined || proxy.metricsPath !== undefined) &&
    proxy.servers.length === 0 &&
    proxy.useBackend.length === 0 &&
    proxy.defaultBackend === undefined
  );
}

/** Checks all proxies; what several inherit from one line is reported once. */
export function checkHttp(finder: Finder): void {
  const reported = new Set<string>();
  for (const proxy of finder.drafts.proxies) {
    if (proxy.disabled) continue;
    if (proxy.mode === "tcp") warnOnTcp(finder, proxy);
    else if (isStatisticsPage(proxy)) {
      alertThings(finder, proxy, reported, (harmless) => !harmless);
    } else {
      finder.alertAt(
        `${proxyLabel(proxy)} : 'mode http' is served for statistics pages only.`,
        proxy.position,
        "Use 'mode tcp', or a section with 'stats enable' and without servers and backends.",
      );
      alertThings(finder, proxy, reported, () => true);
    }
  }
}

function alertThings(
  finder: Finder,
  proxy: ProxyDraft,
  reported: Set<string>,
  counts: (harmlessOnStats: boolean) => boolean,
): void {
  for (const { what, hint, position, harmlessOnStats } of proxy.httpThings) {
    const key = `${position.file}:${position.line}`;
    if (!counts(harmlessOnStats) || reported.has(key)) continue;
    reported.add(key);
    finder.alertAt(`${what} is not served by Tandem: it needs HTTP.`, position, hint);
  }
}

function warnOnTcp(finder: Finder, proxy: ProxyDraft): void {
  for (const { what, position, harmlessOnStats } of proxy.httpThings) {
    // Error pages come with Debian's defaults; HAProxy says nothing of them either.
    if (harmlessOnStats && !what.startsWith("'option ")) continue;
    finder.warn(`${what} ignored for ${proxyLabel(proxy)} as it requires HTTP mode.`, position);
  }
  if (proxy.stats !== undefined) {
    finder.warn(
      `'stats' statement ignored for ${proxyLabel(proxy)} as it requires HTTP mode.`,
      proxy.position,
    );
  }
}
