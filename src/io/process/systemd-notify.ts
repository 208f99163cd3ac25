// Telling systemd that the service is up (sd_notify(3)).
import { spawn } from "node:child_process";
import { UnixDatagrams } from "../log/unix-sink.ts";

/**
 * Sends a state such as `READY=1` to the socket that systemd named; resolves to whether it was taken.
 * Outside systemd it does nothing. systemd wants the message from the service's own process, so a
 * datagram of our own is tried first and the `systemd-notify` tool only without it.
 */
export async function notifySystemd(state: string): Promise<boolean> {
  const path = process.env["NOTIFY_SOCKET"];
  if (path === undefined || path === "") return false;
  return (path.startsWith("/") && sendDatagram(path, state)) || (await runTool(state));
}

function sendDatagram(path: string, state: string): boolean {
  const datagrams = new UnixDatagrams();
  const socket = datagrams.get();
  if (socket === undefined) return false;
  let sent = false;
  const bytes = Buffer.from(state);
  socket.send(bytes, 0, bytes.length, path, (error) => {
    sent = error === undefined;
  });
  datagrams.close();
  return sent;
}

function runTool(state: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("systemd-notify", [`--pid=${process.pid}`, state], { stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}
