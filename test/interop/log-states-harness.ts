// Plays one scenario through the installed HAProxy and through Tandem at once, and gives what each
// of them has logged about it. Both run one file with a `listen` section for every scenario.
import { once } from "node:events";
import net from "node:net";
import { startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { startTandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";

/** The ports that one scenario has with one of the balancers. */
export interface StagePorts {
  readonly front: number;
  /** Of the servers; nothing listens there but what the scenario starts. */
  readonly s1: number;
  readonly s2: number;
}

/** What is configured, and what clients and servers do. */
export interface Scenario {
  /** The name of the section, and so of the frontend in the lines. */
  readonly name: string;
  /** The end of the test's name. */
  readonly title: string;
  /** The lines of the section behind `bind`. */
  readonly section: (ports: StagePorts) => readonly string[];
  readonly play: (stage: Stage) => Promise<void>;
  /** Lines that are logged about it; 1 by default. */
  readonly lineCount?: number;
  /** A `frontend`, which has no servers. */
  readonly isFrontend?: boolean;
  /** Without `option tcplog`. */
  readonly isPlain?: boolean;
  /** Tandem's lines, where they are meant to differ: made from HAProxy's. */
  readonly expected?: (line: string) => string;
}

/** What a server of a scenario does with a connection. */
export type Serve = (socket: net.Socket) => void;

/** The clients and servers of one scenario at one balancer. */
export class Stage {
  readonly ports: StagePorts;
  /** Lines logged so far about this scenario. */
  readonly lines: () => readonly string[];
  readonly #name: string;
  readonly #process: RunningProcess;
  readonly #ends: (() => void)[] = [];

  constructor(
    name: string,
    ports: StagePorts,
    process: RunningProcess,
    lines: () => readonly string[],
  ) {
    this.ports = ports;
    this.lines = lines;
    this.#name = name;
    this.#process = process;
  }

  /** A connection through the balancer; unless it is stubborn, it closes when the balancer does. */
  async connect({ isStubborn = false } = {}): Promise<net.Socket> {
    const { front: port } = this.ports;
    const socket = net.connect({ host: "127.0.0.1", port, allowHalfOpen: isStubborn });
    this.#watch(socket);
    await once(socket, "connect");
    if (!isStubborn) socket.resume();
    return socket;
  }

  /** A connection from another address, which the balancer is to close. */
  async tryFrom(localAddress: string): Promise<void> {
    const socket = net.connect({ host: "127.0.0.1", port: this.ports.front, localAddress });
    this.#watch(socket);
    socket.resume();
    await new Promise((resolve) => void socket.once("close", resolve));
  }

  /** Serves; gives a function that stops listening, so that new connections are refused. */
  async serve(port: number, serve: Serve, host = "127.0.0.1"): Promise<() => void> {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      this.#watch(socket);
      serve(socket);
    });
    const stop = (): void => void server.close();
    this.#ends.push(stop);
    server.listen(port, host);
    await once(server, "listening");
    return stop;
  }

  /** Listens with a full queue, so that connects to the port go unanswered. */
  async serveNobody(port: number): Promise<void> {
    const child = await startProcess({
      command: process.execPath,
      args: ["-e", DEAF, String(port)],
      ready: /^up$/m,
    });
    this.#ends.push(() => child.kill());
    await waitFor(() => this.#isQueueFull(port), { intervalMs: 1, what: "a full queue" });
  }

  /** Waits until a check is said to have found this server up. */
  async serverUp(server: string): Promise<void> {
    await this.#process.waitForOutput(new RegExp(`Server ${this.#name}/${server} is UP`));
  }

  /** Waits until so many lines are logged. */
  async logged(count: number): Promise<void> {
    await waitFor(() => this.lines().length >= count, {
      what: () => `${count} lines, got: ${JSON.stringify(this.lines())}`,
    });
  }

  /** Closes what is open. */
  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #watch(socket: net.Socket): void {
    socket.on("error", () => socket.destroy());
    this.#ends.push(() => socket.destroy());
  }

  /** Adds a connection to the queue; whether it stays unanswered. */
  async #isQueueFull(port: number): Promise<boolean> {
    const socket = net.connect({ host: "127.0.0.1", port });
    this.#watch(socket);
    const timer = new AbortController();
    const { signal } = timer;
    const connected = once(socket, "connect", { signal }).then(() => false);
    const waited = once(AbortSignal.timeout(UNANSWERED_MS), "abort").then(() => true);
    return Promise.race([connected.catch(() => true), waited]).finally(() => timer.abort());
  }
}

/** A connect on loopback that takes longer is not answered. */
const UNANSWERED_MS = 200;

/** Listens, and never takes a connection from its queue of two. */
const DEAF = `
  const server = require("node:net").createServer();
  server.listen({ port: +process.argv[1], host: "127.0.0.1", backlog: 1 }, () => {
    require("node:fs").writeSync(1, "up\\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** One balancer with the scenarios' sections. */
export class Lane {
  readonly #ports: ReadonlyMap<string, StagePorts>;
  readonly #process: RunningProcess;

  constructor(ports: ReadonlyMap<string, StagePorts>, process: RunningProcess) {
    this.#ports = ports;
    this.#process = process;
  }

  /** The lines that concern a section. */
  lines(name: string): readonly string[] {
    const { front } = this.#ports.get(name)!;
    const isOurs = (line: string): boolean =>
      line.includes(`] ${name} `) || line.includes(`] ${name}/1: `) || line.includes(`:${front} (`);
    return this.#process.stdout().split("\n").filter(isOurs);
  }

  /** Plays a scenario and gives the lines that it left. */
  async play(scenario: Scenario): Promise<readonly string[]> {
    const { name, lineCount = 1 } = scenario;
    const stage = new Stage(name, this.#ports.get(name)!, this.#process, () => this.lines(name));
    try {
      await scenario.play(stage);
      await stage.logged(lineCount);
      return this.lines(name).map((line) => withoutPorts(line, stage.ports));
    } finally {
      stage.end();
    }
  }
}

/** Starts both balancers with the sections of all scenarios. */
export async function startLanes(
  scenarios: readonly Scenario[],
): Promise<{ readonly haproxy: Lane; readonly tandem: Lane }> {
  const haproxyPorts = await portsOf(scenarios);
  const tandemPorts = await portsOf(scenarios);
  const [haproxy, tandem] = await Promise.all([
    startHaproxy({ config: configOf(scenarios, haproxyPorts) }),
    startTandem({ config: configOf(scenarios, tandemPorts) }),
  ]);
  return {
    haproxy: new Lane(haproxyPorts, haproxy.process),
    tandem: new Lane(tandemPorts, tandem.process),
  };
}

async function portsOf(scenarios: readonly Scenario[]): Promise<ReadonlyMap<string, StagePorts>> {
  const ports = await freePorts(3 * scenarios.length);
  return new Map(
    scenarios.map(({ name }, index) => {
      const [front, s1, s2] = ports.slice(3 * index, 3 * index + 3);
      return [name, { front: front!, s1: s1!, s2: s2! }];
    }),
  );
}

function configOf(scenarios: readonly Scenario[], ports: ReadonlyMap<string, StagePorts>): string {
  const sections = scenarios.map(({ name, section, isFrontend, isPlain = false }) => {
    const own = ports.get(name)!;
    const log = isPlain ? [] : ["option tcplog"];
    const lines = [`bind 127.0.0.1:${own.front}`, ...log, ...section(own)];
    return `${isFrontend === true ? "frontend" : "listen"} ${name}\n${lines.map((line) => `  ${line}\n`).join("")}`;
  });
  return `global
  log stdout format raw local0
defaults
  mode tcp
  log global
  timeout connect 10s
  timeout client 10s
  timeout server 10s
${sections.join("")}`;
}

function withoutPorts(line: string, ports: StagePorts): string {
  return line
    .replace(/127\.0\.0\.\d+:(\d+)/g, (text, port) => {
      const known = Object.entries(ports).find(([, number]) => number === Number(port));
      return known === undefined ? text.replace(`:${String(port)}`, ":PORT") : `:${known[0]}`;
    })
    .replace(/\[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d\.\d{3}\]/, "[DATE]");
}

const TIMES = /(?<= )[+-]?\d+(?:\/[+-]?\d+)+(?= )/;

/** The three times of a line, and the line with marks for those that were reached. */
export function splitTimes(line: string): { readonly text: string; readonly times: number[] } {
  const times = TIMES.exec(line)?.[0].split("/") ?? [];
  const marks = times.map((time) => (time === "-1" ? time : time.replace(/\d+/, "T")));
  return { text: line.replace(TIMES, marks.join("/")), times: times.map(Number) };
}
