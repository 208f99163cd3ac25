// What `tandem status` does where a control socket does not answer as it should.
import net from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { askNode, controlPlaces } from "../../cli/io/status-asker.ts";
import { endLater } from "../support/cleanup.ts";
import { tempDir } from "../support/temp.ts";

/** A guard that ends so many connections without a word, and says "late" to the next ones. */
async function startGuard(folder: string, deafCount: number): Promise<{ askedCount: number }> {
  const seen = { askedCount: 0 };
  const server = net.createServer((socket) => {
    seen.askedCount += 1;
    socket.on("error", () => undefined);
    if (seen.askedCount <= deafCount) socket.destroy();
    else socket.end('{"ok":false,"message":"late"}\n');
  });
  await new Promise<void>((resolve) => server.listen(path.join(folder, "guard.sock"), resolve));
  endLater(() => void server.close());
  return seen;
}

test("a process that ended the connection is asked once more", async () => {
  const controlDir = tempDir();
  const seen = await startGuard(controlDir, 1);
  const { guard } = await askNode(controlPlaces({ controlDir }));
  expect(guard.failureText).toBe("late");
  expect(seen.askedCount).toBe(2);
});

test("one that does so again is left alone", async () => {
  const controlDir = tempDir();
  const seen = await startGuard(controlDir, Infinity);
  const { guard } = await askNode(controlPlaces({ controlDir }));
  expect(guard).toMatchObject({ failure: "garbled", report: null });
  expect(seen.askedCount).toBe(2);
});
