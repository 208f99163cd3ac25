// Servers of a test are on this machine, and take a connection before connect(2) is over. With this one
// a mover learns of it from the kernel, as it does of a server that is far.
import type { LoadedAddon, MoverAddon } from "../../src/io/mover/native/addon.ts";

/** The native part, to which every server is far. Of one mover at a time. */
export function withFarServers(addon: MoverAddon): LoadedAddon {
  let scratch: Float64Array | undefined;
  const far: MoverAddon = {
    ...addon,
    openMover: (...args) => {
      scratch = args[4];
      return addon.openMover(...args);
    },
    openConnection: (handle, ...args) => {
      const fd = addon.openConnection(handle, ...args);
      if (fd < 0 || scratch![0] !== 0) return fd;
      const generation = addon.watch(handle, fd);
      addon.watchWrites(handle, fd, generation);
      scratch![0] = generation;
      return fd;
    },
  };
  return { addon: far };
}
