import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Host } from "./netns.ts";
import type { RunningProcess } from "./process.ts";
import { tempDir } from "./temp.ts";

/** A real Keepalived on a host. */
export interface Keepalived {
  readonly process: RunningProcess;
  readonly configFile: string;
}

/** Starts the installed Keepalived in the foreground; ready once it has started its VRRP process. */
export async function startKeepalived(host: Host, config: string): Promise<Keepalived> {
  const dir = tempDir();
  const configFile = path.join(dir, "keepalived.conf");
  writeFileSync(configFile, config);
  mkdirSync(path.join(dir, "tmp"));
  const running = await host.start({
    command: "keepalived",
    args: [
      ...["--dont-fork", "--log-console", "--log-detail", "--use-file", configFile],
      ...["--pid", path.join(dir, "pid"), "--vrrp_pid", path.join(dir, "vrrp.pid"), "--vrrp"],
    ],
    // Two of them on one machine would share their dumps otherwise.
    env: { TMPDIR: path.join(dir, "tmp") },
    ready: /Startup complete/,
  });
  return { process: running, configFile };
}
