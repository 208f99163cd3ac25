// The guard over a real balancer: each understands the other.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/ports.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { canConnect, waitFor, waitForPort } from "../support/wait-for.ts";
import { compilePrograms, startNode } from "./guard-harness.ts";

beforeAll(compilePrograms);

describe("guard over a balancer", () => {
  test("it serves, is killed and serves again; it stops accepting when the guard is killed", async () => {
    const port = await freePort();
    const dir = tempDir();
    const file = path.join(dir, "haproxy.cfg");
    const timeouts = "timeout connect 1s\n timeout client 9s\n timeout server 9s\n";
    writeFileSync(
      file,
      `defaults\n mode tcp\n ${timeouts}listen mqtt\n bind 127.0.0.1:${port}\n server s1 127.0.0.1:1\n`,
    );
    const balancer = {
      command: process.execPath,
      args: [
        path.join(REPOSITORY_DIR, "bin", "balancer-child.js"),
        JSON.stringify({ files: [file], controlPath: path.join(dir, "control.sock") }),
      ],
    };
    const node = await startNode({ balancer });
    await node.childNote("agent", "report serving");
    await waitForPort(port);
    process.kill(await node.processOf("balancer", 1), "SIGSTOP");
    await node.childNote("agent", "report down");
    await node.childNote("agent", "report serving", 2);
    await waitForPort(port);
    expect(node.process.output()).not.toContain("cannot be understood");
    node.process.kill("SIGKILL");
    await node.childNote("agent", "orphaned");
    await waitFor(async () => !(await canConnect(port)), { what: "the end of the listener" });
  });
});
