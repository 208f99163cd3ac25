// A child of a guard that does what a test wants. It beats, and notes what happens to it.
// Arguments: agent|balancer, the file of its notes, a will as JSON or nothing, and orders:
// `no-ready`, `deaf` (does not end when told to), `exit=CODE` (ends at once), `helper` (starts a program),
// `standby` (waits for a byte on stdin; its notes are those of "reserve" meanwhile).
// SIGWINCH makes it hang in a busy loop.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import net from "node:net";
import { openGuardChannel } from "../../ha/io/guard-channel.ts";
import { EMPTY_WILL, type ToAgent } from "../../ha/supervise/messages.ts";
import { decodeToGuard, encodeMessage } from "../../ha/supervise/wire.ts";
import { LIFE_BEAT_MS, LIFE_FD_VARIABLE } from "../../src/base/life.ts";

const [role = "agent", notes = "/dev/null", will = "", ...orders] = process.argv.slice(2);

let who = orders.includes("standby") ? "reserve" : role;

/** One line: when (ms since 1970), who, which process, what. */
function note(what: string): void {
  const atMs = (performance.timeOrigin + performance.now()).toFixed(2);
  appendFileSync(notes, `${atMs} ${who} ${process.pid} ${what}\n`);
}

function onOrphaned(): void {
  note("orphaned");
  process.exit(0);
}

function runAgent(): void {
  const channel = openGuardChannel({ onMessage, onEnd: onOrphaned });
  if (channel === undefined) throw new Error("No guard started this program");
  function onMessage(message: ToAgent): void {
    if (message.kind === "beat") return;
    note(message.kind === "balancer" ? `report ${message.report.state}` : message.kind);
    if (message.kind !== "stop" || orders.includes("deaf")) return;
    channel?.send({ kind: "will", will: EMPTY_WILL });
    process.exit(0);
  }
  if (orders.includes("no-ready")) return;
  channel.send({ kind: "ready" });
  if (will === "") return;
  const message = decodeToGuard(`{"kind":"will","will":${will}}`);
  if (message === undefined) throw new Error(`This is no will: ${will}`);
  channel.send(message);
  note("bequeathed");
}

function runBalancer(): void {
  const pipe = new net.Socket({ fd: Number(process.env[LIFE_FD_VARIABLE]) });
  pipe.on("end", onOrphaned);
  pipe.on("error", onOrphaned);
  pipe.resume();
  if (orders.includes("no-ready")) return;
  pipe.write(encodeMessage({ kind: "ready", listeners: [] }));
  const fitness = { isFit: true, reasons: [] };
  setInterval(
    () => pipe.write(encodeMessage({ kind: "beat", fitness, probe: "ok" })),
    LIFE_BEAT_MS,
  );
}

/** Whether a byte came, as in src/io/standby.ts. */
function isNeeded(): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdin.once("data", () => resolve(true));
    process.stdin.once("end", () => resolve(false));
  });
}

if (who === "reserve") {
  note("waits");
  if (!(await isNeeded())) {
    note("not needed");
    process.exit(0);
  }
  process.stdin.destroy();
  who = role;
}
const exit = orders.find((order) => order.startsWith("exit="));
if (exit !== undefined) {
  note("exits");
  process.exit(Number(exit.slice("exit=".length)));
}
for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) {
  process.on(signal, () => note(signal));
}
process.on("SIGTERM", () => {
  note("SIGTERM");
  if (!orders.includes("deaf")) process.exit(0);
});
process.on("SIGWINCH", () => {
  note("spins");
  for (;;);
});
note("started");
if (orders.includes("helper")) note(`helper ${String(spawn("sleep", ["60"]).pid)}`);
if (role === "agent") runAgent();
else runBalancer();
