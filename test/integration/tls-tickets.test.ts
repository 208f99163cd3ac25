// TLS sessions that are resumed: at the same balancer, and at another one with the same ticket keys.
import { appendFileSync } from "node:fs";
import path from "node:path";
import type { ConnectionOptions } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority, type TestAuthority } from "../support/certificates.ts";
import { runtimeCommand } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { comeByTls, makeTicketKeys, ticketKeyFile } from "../support/ticket-keys.ts";
import { DEFAULTS, startServer } from "./features-harness.ts";

interface Node extends Pick<Tandem, "reload"> {
  /** Of its listeners, in the order of their words. */
  readonly ports: readonly number[];
  readonly socketPath: string;
}

let authority: TestAuthority;
let server: number;

/** A balancer with a listener for each of these bind words. */
async function startNode({
  words,
  global = "",
}: {
  readonly words: readonly string[];
  readonly global?: string;
}): Promise<Node> {
  const ports = await freePorts(words.length);
  const socketPath = path.join(tempDir(), "stats.sock");
  const listeners = words.map(
    (word, i) =>
      `listen l${i}\n  bind 127.0.0.1:${ports[i]!} ssl ${word}\n  server s 127.0.0.1:${server}\n`,
  );
  const config = `global\n  stats socket ${socketPath} level admin\n  ${global}\n${DEFAULTS}${listeners.join("")}`;
  return { ...(await startTandem({ config })), ports, socketPath };
}

/** The lifetime of a ticket, as a client is told it. */
async function toldLifetimeS(port: number): Promise<number> {
  const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-tls1_2"];
  const { stdout } = await runToEnd({ command: "openssl", args });
  return Number(/lifetime hint: (\d+)/.exec(stdout)?.[1]);
}

/** Whether a session from one port is resumed at another. */
async function isTaken(
  from: number,
  to: number,
  options: ConnectionOptions = {},
): Promise<boolean> {
  const { session, isResumed } = await comeByTls(from, options);
  expect(isResumed).toBe(false);
  expect(session).toBeDefined();
  return (await comeByTls(to, { ...options, session })).isResumed;
}

describe.skipIf(!has("openssl"))(`TLS session tickets${skipNote("openssl")}`, () => {
  beforeAll(async () => {
    authority = makeAuthority();
    server = (await startServer({ greeting: "hello" })).port;
  });

  describe.each(["TLSv1.2", "TLSv1.3"] as const)("%s", (maxVersion) => {
    test("a balancer takes the tickets of one that shares its keys, and of no other", async () => {
      const { pemFile } = authority.issue(["a.example"]);
      const words = `crt ${pemFile} tls-ticket-keys `;
      const file = ticketKeyFile();
      const [one, two, stranger, without] = await Promise.all([
        startNode({ words: [words + file] }),
        startNode({ words: [words + file] }),
        startNode({ words: [words + ticketKeyFile()] }),
        startNode({ words: [`crt ${pemFile}`] }),
      ]);
      const from = one.ports[0]!;
      expect(await isTaken(from, from, { maxVersion })).toBe(true);
      expect(await isTaken(from, two.ports[0]!, { maxVersion })).toBe(true);
      expect(await isTaken(from, stranger.ports[0]!, { maxVersion })).toBe(false);
      expect(await isTaken(from, without.ports[0]!, { maxVersion })).toBe(false);
    });

    test("who resumes a session gets a ticket for the next time", async () => {
      const { pemFile } = authority.issue(["a.example"]);
      const words = [`crt ${pemFile} tls-ticket-keys ${ticketKeyFile()}`];
      const { ports } = await startNode({ words });
      let { session } = await comeByTls(ports[0]!, { maxVersion });
      for (let i = 0; i < 3; i++) {
        const again = await comeByTls(ports[0]!, { maxVersion, session });
        expect(again.isResumed).toBe(true);
        expect(again.session).toBeDefined();
        expect(again.session).not.toEqual(session);
        session = again.session;
      }
    });

    test("a ticket is good whichever certificate was chosen by name", async () => {
      const [a, b] = ["a.example", "b.example"].map((name) => authority.issue([name]).pemFile);
      const words = `crt ${a!} crt ${b!}`;
      const { ports } = await startNode({
        words: [words, `${words} tls-ticket-keys ${ticketKeyFile()}`],
      });
      for (const port of ports) {
        for (const servername of ["a.example", "b.example", "other.example"]) {
          expect(await isTaken(port, port, { maxVersion, servername })).toBe(true);
        }
      }
    });

    test("where certificates are asked for, a ticket is good for lines that trust the same", async () => {
      const { pemFile } = authority.issue(["a.example"]);
      const device = authority.issue(["device-7"]);
      const foreign = makeAuthority("Foreign");
      const file = ticketKeyFile();
      const words = (trust: string): string => `crt ${pemFile} tls-ticket-keys ${file} ${trust}`;
      const required = words(`verify required ca-file ${authority.certFile}`);
      const one = await startNode({ words: [required] });
      const two = await startNode({
        words: [required, words(`verify required ca-file ${foreign.certFile}`), words("")],
      });
      const [same, other, open] = two.ports as [number, number, number];
      const options = { maxVersion, cert: device.cert, key: device.key };
      for (const servername of ["", "a.example"]) {
        const named = servername === "" ? options : { ...options, servername };
        expect(await isTaken(one.ports[0]!, same, named)).toBe(true);
      }
      expect(await isTaken(one.ports[0]!, open, options)).toBe(false);
      const { session } = await comeByTls(one.ports[0]!, options);
      await expect(comeByTls(other, { ...options, session })).rejects.toThrow();
      // A ticket that was issued to somebody without a certificate opens nothing.
      const { session: anybodys } = await comeByTls(open, { maxVersion });
      await expect(comeByTls(same, { maxVersion, session: anybodys })).rejects.toThrow();
    });

    test.each([
      ["anybody", ""],
      ["certificates", "verify optional ca-file CA"],
    ])("keys change one node after the other; a line for %s", async (_whom, words) => {
      const { pemFile } = authority.issue(["a.example"]);
      const trust = words.replace("CA", authority.certFile);
      const [files, keys] = [[ticketKeyFile([]), ticketKeyFile([])], makeTicketKeys(5)];
      const grow = (index: number, key: string): void => appendFileSync(files[index]!, `${key}\n`);
      for (const key of keys.slice(0, 3)) for (const index of [0, 1]) grow(index, key);
      const [one, two] = await Promise.all(
        files.map((file) =>
          startNode({ words: [`crt ${pemFile} tls-ticket-keys ${file} ${trust}`] }),
        ),
      );
      const [from, to] = [one!.ports[0]!, two!.ports[0]!];
      const before = await comeByTls(from, { maxVersion });
      grow(0, keys[3]!);
      expect(await one!.reload()).toMatchObject({ code: 0 });
      expect(await isTaken(from, to, { maxVersion })).toBe(true);
      expect(await isTaken(to, from, { maxVersion })).toBe(true);
      grow(1, keys[3]!);
      expect(await two!.reload()).toMatchObject({ code: 0 });
      expect(await isTaken(from, to, { maxVersion })).toBe(true);
      const { session } = before;
      expect((await comeByTls(to, { maxVersion, session })).isResumed).toBe(true);
      const file = files[1]!;
      expect(await runtimeCommand(two!.socketPath, `set ssl tls-key ${file} ${keys[4]!}`)).toBe(
        "TLS ticket key updated!\n\n",
      );
      expect((await comeByTls(to, { maxVersion, session })).isResumed).toBe(false);
      expect(await isTaken(to, from, { maxVersion })).toBe(true);
    });
  });

  test("tune.ssl.lifetime is told to clients, and kept below what they would take", async () => {
    const { pemFile } = authority.issue(["a.example"]);
    const words = [
      `crt ${pemFile}`,
      `crt ${pemFile} verify optional ca-file ${authority.certFile}`,
    ];
    for (const [time, seconds] of [
      ["1h", 3_600],
      ["90", 90],
      ["20d", 604_800],
      ["31536000", 604_800],
    ] as const) {
      const { ports } = await startNode({ words, global: `tune.ssl.lifetime ${time}` });
      for (const port of ports) expect(await toldLifetimeS(port)).toBe(seconds);
    }
  });

  test("no-tls-tickets: every handshake is a full one", async () => {
    const { pemFile } = authority.issue(["a.example"]);
    const words = `crt ${pemFile} no-tls-tickets`;
    const { ports } = await startNode({ words: [words] });
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      const { session } = await comeByTls(ports[0]!, { maxVersion });
      const again = await comeByTls(ports[0]!, { maxVersion, ...(session && { session }) });
      expect(again.isResumed).toBe(false);
    }
  });
});
