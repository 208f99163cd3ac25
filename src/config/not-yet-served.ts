// What a file may ask for and this version does not do. The file loads all the same, as it is right
// for HAProxy and for later versions; but nobody shall count on what is not there.
import type { Diagnostic } from "../base/diagnostic.ts";
import type { Configuration } from "./model/configuration.ts";

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
  return rooted;
}
