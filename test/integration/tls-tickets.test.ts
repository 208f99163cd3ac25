// TLS sessions that are resumed: at the same balancer, and at another one with the same ticket keys.
import { appendFileSync } from "node:fs";
import path from "node:path";
import type { ConnectionOptions } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import {
  makeAuthority,
  type TestAuthority,
  type TestCertificate,
} from "../support/certificates.ts";
import { runtimeCommand } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { comeByTls, makeTicketKeys, ticketKeyFile } from "../support/ticket-keys.ts";
import { DEFAULTS, startServer } from "./features-harness.ts";

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

interface Node<Name extends string> {
  readonly tandem: Tandem;
  readonly port: Readonly<Record<Name, number>>;
  readonly socketPath: string;
  /** Its configuration with these lines in `global`. */
  readonly config: (...global: readonly string[]) => string;
}

let authority: TestAuthority;
let own: TestCertificate;
let server: number;

/** A balancer with a listener of each of these names, and with these words after `crt`. */
async function startNode<Name extends string>(
  words: Readonly<Record<Name, string>>,
): Promise<Node<Name>> {
  const names = Object.keys(words) as Name[];
  const ports = await freePorts(names.length);
  const socketPath = path.join(tempDir(), "stats.sock");
  const listeners = names.map(
    (name, i) =>
      `listen ${name}\n  bind 127.0.0.1:${ports[i]!} ssl crt ${own.pemFile} ${words[name]}\n` +
      `  server s 127.0.0.1:${server}\n`,
  );
  const config = (...global: readonly string[]): string =>
    ["global", `stats socket ${socketPath} level admin`, ...global].join("\n  ") +
    `\n${DEFAULTS}${listeners.join("")}`;
  const port = Object.fromEntries(names.map((name, i) => [name, ports[i]!]));
  const tandem = await startTandem({ config: config(), readyTimeoutMs: 30_000 });
  return { tandem, port: port as Record<Name, number>, socketPath, config };
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
    own = authority.issue(["a.example"]);
    server = (await startServer({ greeting: "hello" })).port;
  });

  describe("of two balancers", () => {
    let one: Node<"shared" | "names" | "required">;
    let two: Node<"shared" | "strange" | "without" | "names" | "required" | "foreign" | "none">;

    beforeAll(async () => {
      const keys = `tls-ticket-keys ${ticketKeyFile()}`;
      const names = `crt ${authority.issue(["b.example"]).pemFile}`;
      const required = `${keys} verify required ca-file ${authority.certFile}`;
      one = await startNode({ shared: keys, names: `${names} ${keys}`, required });
      two = await startNode({
        shared: keys,
        strange: `tls-ticket-keys ${ticketKeyFile()}`,
        without: "",
        names,
        required,
        foreign: `${keys} verify required ca-file ${makeAuthority("Foreign").certFile}`,
        none: "no-tls-tickets",
      });
    });

    describe.each(VERSIONS)("%s", (maxVersion) => {
      test("one takes the tickets of the other with the same keys, and no others", async () => {
        const from = one.port.shared;
        expect(await isTaken(from, from, { maxVersion })).toBe(true);
        expect(await isTaken(from, two.port.shared, { maxVersion })).toBe(true);
        expect(await isTaken(from, two.port.strange, { maxVersion })).toBe(false);
        expect(await isTaken(from, two.port.without, { maxVersion })).toBe(false);
      });

      test("who resumes a session gets a ticket for the next time", async () => {
        let { session } = await comeByTls(one.port.shared, { maxVersion });
        for (let i = 0; i < 3; i++) {
          const again = await comeByTls(two.port.shared, { maxVersion, session });
          expect(again.isResumed).toBe(true);
          expect(again.session).toBeDefined();
          expect(again.session).not.toEqual(session);
          session = again.session;
        }
      });

      test("a ticket is good whichever certificate was chosen by name", async () => {
        for (const port of [one.port.names, two.port.names]) {
          for (const servername of ["a.example", "b.example", "other.example"]) {
            expect(await isTaken(port, port, { maxVersion, servername })).toBe(true);
          }
        }
      });

      test("where certificates are asked for, it is good for lines that trust the same", async () => {
        const { cert, key } = authority.issue(["device-7"]);
        const options = { maxVersion, cert, key };
        const from = one.port.required;
        for (const named of [options, { ...options, servername: "a.example" }]) {
          expect(await isTaken(from, two.port.required, named)).toBe(true);
        }
        expect(await isTaken(from, two.port.shared, options)).toBe(false);
        const { session } = await comeByTls(from, options);
        await expect(comeByTls(two.port.foreign, { ...options, session })).rejects.toThrow();
        // A ticket that was issued to somebody without a certificate opens nothing.
        const anybodys = await comeByTls(two.port.shared, { maxVersion });
        const stranger = { maxVersion, session: anybodys.session };
        await expect(comeByTls(two.port.required, stranger)).rejects.toThrow();
      });

      test("no-tls-tickets: every handshake is a full one", async () => {
        const { session } = await comeByTls(two.port.none, { maxVersion });
        const again = await comeByTls(two.port.none, { maxVersion, ...(session && { session }) });
        expect(again.isResumed).toBe(false);
      });
    });
  });

  test("keys change one node after the other, and tickets stay good", async () => {
    const [files, keys] = [[ticketKeyFile([]), ticketKeyFile([])], makeTicketKeys(5)];
    const grow = (index: number, key: string): void => appendFileSync(files[index]!, `${key}\n`);
    for (const key of keys.slice(0, 3)) for (const index of [0, 1]) grow(index, key);
    const start = async (file: string): Promise<Node<"open" | "asks">> => {
      const words = `tls-ticket-keys ${file}`;
      const asks = `${words} verify optional ca-file ${authority.certFile}`;
      return startNode({ open: words, asks });
    };
    const one = await start(files[0]!);
    const two = await start(files[1]!);
    const cases = VERSIONS.flatMap((maxVersion) =>
      (["open", "asks"] as const).map((name) => ({ name, options: { maxVersion } })),
    );
    const expectTaken = async (from: typeof one, to: typeof one): Promise<void> => {
      for (const { name, options } of cases) {
        expect(await isTaken(from.port[name], to.port[name], options)).toBe(true);
      }
    };
    const before = await Promise.all(
      cases.map(({ name, options }) => comeByTls(one.port[name], options)),
    );
    const areOldTaken = async (): Promise<readonly boolean[]> => {
      const visits = cases.map(({ name, options }, i) =>
        comeByTls(two.port[name], { ...options, session: before[i]!.session }),
      );
      return (await Promise.all(visits)).map(({ isResumed }) => isResumed);
    };
    grow(0, keys[3]!);
    expect(await one.tandem.reload()).toMatchObject({ code: 0 });
    await expectTaken(one, two);
    await expectTaken(two, one);
    grow(1, keys[3]!);
    expect(await two.tandem.reload()).toMatchObject({ code: 0 });
    await expectTaken(one, two);
    expect(await areOldTaken()).toEqual(cases.map(() => true));
    const command = `set ssl tls-key ${files[1]!} ${keys[4]!}`;
    expect(await runtimeCommand(two.socketPath, command)).toBe("TLS ticket key updated!\n\n");
    expect(await areOldTaken()).toEqual(cases.map(() => false));
    await expectTaken(two, one);
  });

  test("tune.ssl.lifetime is told to clients, as far as tickets may live", async () => {
    const { tandem, port, config } = await startNode({
      open: "",
      asks: `verify optional ca-file ${authority.certFile}`,
    });
    for (const [time, seconds] of [
      ["1h", 3_600],
      ["90", 90],
      ["20d", 604_800],
      ["31536000", 604_800],
    ] as const) {
      tandem.rewrite(config(`tune.ssl.lifetime ${time}`));
      expect(await tandem.reload()).toMatchObject({ code: 0 });
      for (const at of [port.open, port.asks]) expect(await toldLifetimeS(at)).toBe(seconds);
    }
  });
});
