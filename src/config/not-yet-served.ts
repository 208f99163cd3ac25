// What a file may ask for and this version does not do. The file loads all the same, as it is right
// for HAProxy and for later versions; but nobody shall count on what is not there.
import type { Diagnostic } from "../base/diagnostic.ts";
import type { Configuration } from "./model/configuration.ts";
import type { Proxy } from "./model/proxy.ts";

/** A warning for each section or line that has no effect in this version. */
export function findNotYetServed(configuration: Configuration): readonly Diagnostic[] {
  const { chroot } = configuration.global;
  const rooted: Diagnostic[] =
    chroot === undefined
      ? []
      : [
          {
            severity: "warning",
            message: `'chroot ${chroot}' is not done: a Node process cannot change its root folder`,
            hint: "use systemd's sandbox, for example ProtectSystem=strict and PrivateTmp=yes",
          },
        ];
  return [...rooted, ...configuration.proxies.flatMap(warnOfPage)];
}

/** Statistics pages are served for reading only. */
function warnOfPage({ disabled, mode, name, position, stats }: Proxy): Diagnostic[] {
  if (disabled || mode !== "http" || stats === undefined) return [];
  const warnings: Diagnostic[] = [];
  if (stats.admin.length > 0) {
    const what = "'stats admin': actions of the page are answered with 501 by this version";
    const hint = "change the configuration and reload with 'tandem reload' or SIGHUP";
    warnings.push(warning(`proxy '${name}': ${what}`, hint, position));
  }
  if (stats.metricsPath !== undefined) {
    const what = "'prometheus-exporter': metrics are answered with 501 by this version";
    const hint = "until then a collector can read the page's ';csv'";
    warnings.push(warning(`proxy '${name}': ${what}`, hint, position));
  }
  return warnings;
}

function warning(
  message: string,
  hint: string,
  position: NonNullable<Diagnostic["position"]>,
): Diagnostic {
  return { severity: "warning", message, hint, position };
}
