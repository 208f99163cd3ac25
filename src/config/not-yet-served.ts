// What a file may ask for and this version does not do. The file loads all the same, as it is right
// for HAProxy and for later versions; but nobody shall count on what is not there.
import type { Diagnostic } from "../base/diagnostic.ts";
import type { Configuration } from "./model/configuration.ts";

/** A warning for each section or line that has no effect in this version. */
export function findNotYetServed(configuration: Configuration): readonly Diagnostic[] {
  const peers = configuration.peers
    .filter((section) => !section.disabled)
    .map(({ name, position }) =>
      warning(
        `peers '${name}': stick tables are not shared with other nodes by this version`,
        "entries stay on this node; 'table-directory' keeps them over a restart",
        position,
      ),
    );
  const sockets = configuration.global.statsSockets.map(({ position }) =>
    warning(
      "'stats socket': the runtime API is not served by this version",
      "reload with 'tandem reload' or SIGHUP",
      position,
    ),
  );
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
  return [...rooted, ...sockets, ...peers];
}

function warning(
  message: string,
  hint: string,
  position: NonNullable<Diagnostic["position"]>,
): Diagnostic {
  return { severity: "warning", message, hint, position };
}
