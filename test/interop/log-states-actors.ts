// What clients and servers of the scenarios do.
import { once } from "node:events";
import type net from "node:net";
import type { Scenario, Serve, Stage, StagePorts } from "./log-states-harness.ts";

/** How long timeouts under test are, ms: well above what a busy machine adds. */
export const SHORT_MS = 900;

/** The line of the first server. */
export const oneServer = ({ s1 }: StagePorts): string => `server s1 127.0.0.1:${s1}`;
/** The lines of both servers. */
export const twoServers = ({ s1, s2 }: StagePorts): string[] => [
  `server s1 127.0.0.1:${s1}`,
  `server s2 127.0.0.1:${s2}`,
];
/** A section of these lines and one server. */
export const withOneServer =
  (...lines: readonly string[]): Scenario["section"] =>
  (ports) => [...lines, oneServer(ports)];

/** Answers the first bytes and closes. */
export const answerAndEnd: Serve = (socket) => socket.once("data", () => socket.end("world"));
/** Answers each chunk, and closes when the client does. */
export const answer: Serve = (socket) => {
  socket.on("data", () => socket.write("world"));
  socket.on("end", () => socket.end());
};
/** Takes bytes and says nothing. */
export const listenOnly: Serve = (socket) => void socket.resume();

/** One exchange. */
export async function talk(client: net.Socket): Promise<void> {
  client.write("hello");
  await once(client, "data");
}

/** Closes, and waits until the balancer has closed, too. */
export async function finish(client: net.Socket): Promise<void> {
  const closed = new Promise((resolve) => void client.once("close", resolve));
  client.end();
  if (!client.closed) await closed;
}

/** Connects, exchanges bytes and leaves the connection open. */
export async function connectAndTalk(
  stage: Stage,
  serve: Serve,
  options: { readonly isStubborn?: boolean } = {},
): Promise<net.Socket> {
  await stage.serve(stage.ports.s1, serve);
  const client = await stage.connect(options);
  await talk(client);
  return client;
}

/** A client that says no more after its first words. */
export async function silentAfterTalk(stage: Stage): Promise<void> {
  await connectAndTalk(stage, answer);
}

/** A client that says nothing and stays until the balancer closes. */
export async function visit(stage: Stage): Promise<void> {
  await stage.connect();
}
