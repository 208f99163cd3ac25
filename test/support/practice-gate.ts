// Loaded into a balancer before anything else (node --import): notes how its practice goes, and holds it at a
// gate before the first made-up device. The folder that the environment names has two files: `notes`, to
// which lines of a process id and a word are added, and `open`, which a test makes.
import { appendFileSync, existsSync } from "node:fs";
import net from "node:net";
import path from "node:path";

/** Words of notes: before the first device; a device at its broker; the broker's end. */
export type PracticeNote = "gate" | "device" | "over";

/** The environment variable that names the folder. */
export const PRACTICE_DIR_VARIABLE = "TANDEM_TEST_PRACTICE_DIR";

const LOOK_MS = 5;

/** The made-up broker listens at a port of loopback that the system chooses, and nothing else does. */
function isBroker(where: unknown): boolean {
  const { host, port } = Object(where) as { readonly host?: unknown; readonly port?: unknown };
  return host === "127.0.0.1" && port === 0;
}

function watchPractice(dir: string): void {
  const note = (word: PracticeNote): void => {
    appendFileSync(path.join(dir, "notes"), `${process.pid} ${word}\n`);
  };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its server below
  const listen = net.Server.prototype.listen as (...args: readonly unknown[]) => net.Server;
  Object.defineProperty(net.Server.prototype, "listen", {
    value: function listenAtGate(this: net.Server, ...args: readonly unknown[]): net.Server {
      if (!isBroker(args[0])) return Reflect.apply(listen, this, args);
      note("gate");
      this.on("connection", () => note("device"));
      this.on("close", () => note("over"));
      const timer = setInterval(() => {
        if (!existsSync(path.join(dir, "open"))) return;
        clearInterval(timer);
        Reflect.apply(listen, this, args);
      }, LOOK_MS);
      return this;
    },
  });
}

const dir = process.env[PRACTICE_DIR_VARIABLE];
if (dir !== undefined) watchPractice(dir);
