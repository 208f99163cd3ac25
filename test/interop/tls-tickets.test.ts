// HAProxy and Tandem with the same ticket keys: each takes the other's tickets, and their stats
// sockets answer alike. Files that are no keys are refused alike.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { bindTls } from "../integration/tls-settings.ts";
import { makeAuthority } from "../support/certificates.ts";
import { checkWithHaproxy } from "../support/haproxy.ts";
import { has, skipNote } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { comeByTls, makeTicketKeys, ticketKeyFile } from "../support/ticket-keys.ts";
import { startServer } from "../integration/features-harness.ts";
import { type RuntimeSide, startRuntimes } from "./runtime-harness.ts";

const isMissing = !has("haproxy") || !has("openssl");

describe.skipIf(isMissing)(`ticket keys${skipNote("haproxy")}`, () => {
  let both: readonly [RuntimeSide, RuntimeSide];
  let pemFile: string;
  let file: string;
  const keys = makeTicketKeys(4);

  beforeAll(async () => {
    pemFile = makeAuthority().issue(["a.example"]).pemFile;
    file = ticketKeyFile(keys);
    const [second, third] = [ticketKeyFile(), ticketKeyFile()];
    const { port } = await startServer({ greeting: "hello" });
    const listen = (name: string, at: number | undefined, words: string): string =>
      `listen ${name}\n  bind 127.0.0.1:${at} ssl crt ${pemFile} ${words}\n  server s 127.0.0.1:${port}\n`;
    both = await startRuntimes(
      4,
      ([one, two, three, four]) => `
global
  tune.ssl.lifetime 1h
defaults
  mode tcp
  timeout connect 5s
  timeout client 20s
  timeout server 20s
${listen("one", one, `tls-ticket-keys ${file}`)}
${listen("two", two, `tls-ticket-keys ${second}`)}
${listen("three", three, `tls-ticket-keys ${file}`)}
${listen("four", four, `tls-ticket-keys ${third}`)}`,
    );
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("each takes the other's, %s", async (maxVersion) => {
    for (const [from, to] of [both, [...both].reverse()]) {
      const { session } = await comeByTls(from.ports[0]!, { maxVersion });
      const options = { maxVersion, session };
      expect((await comeByTls(to.ports[2]!, options)).isResumed, to.name).toBe(true);
      expect((await comeByTls(to.ports[1]!, options)).isResumed, to.name).toBe(false);
    }
  });

  test("stats sockets answer alike", async () => {
    const [key] = makeTicketKeys(1);
    for (const line of [
      "show tls-keys",
      "show tls-keys *",
      "show tls-keys #0",
      `show tls-keys ${file}`,
      "show tls-keys nonsense",
      "show tls-keys #7",
      "set ssl tls-key",
      "set ssl tls-key #0",
      `set ssl tls-key nonsense ${key!}`,
      `set ssl tls-key #7 ${key!}`,
      "set ssl tls-key #0 nonsense!",
      `set ssl tls-key #0 ${makeTicketKeys(1, 80)[0]!}`,
      `set ssl tls-key #0 ${makeTicketKeys(1, 47)[0]!}`,
      `set ssl tls-key #0 ${key!}`,
      "show tls-keys *",
      `set ssl tls-key ${file} ${keys[0]!}`,
      "show tls-keys #0",
    ]) {
      const [haproxy, tandem] = await Promise.all(both.map((side) => side.ask(line)));
      expect(tandem, line).toBe(haproxy);
    }
  });

  test.each([
    ["no keys", ""],
    ["two keys", keys.slice(0, 2).join("\n")],
    ["a comment", `# keys\n${keys.join("\n")}`],
    ["an empty line", `${keys[0]!}\n\n${keys.join("\n")}`],
    ["no base64", `${keys[0]!}\n***\n${keys.join("\n")}`],
    ["a short key", [keys[0]!, ...makeTicketKeys(1, 32), ...keys].join("\n")],
    ["keys of two lengths", [...keys, ...makeTicketKeys(1, 80)].join("\n")],
    ["keys with CRLF", keys.join("\r\n")],
    ["a blank behind a key", keys.join(" \n")],
  ])("a file with %s is judged alike", async (_what, text) => {
    const bad = path.join(tempDir(), "keys");
    writeFileSync(bad, text);
    const ours = bindTls({ crt: [pemFile], ticketKeysFile: bad });
    const config = `frontend f\n  mode tcp\n  timeout client 1s\n  bind 127.0.0.1:1 ssl crt ${pemFile} tls-ticket-keys ${bad}\n`;
    const theirs = await checkWithHaproxy(config);
    const [, told] = /in section 'frontend' : (.*)/.exec(theirs.stderr) ?? [];
    expect(ours.context === undefined, theirs.stderr).toBe(told !== undefined);
    if (told !== undefined) expect(ours.diagnostics[0]!.message).toContain(told);
  });

  test("a file that is not there", async () => {
    const theirs = await checkWithHaproxy(
      `frontend f\n  mode tcp\n  bind 127.0.0.1:1 ssl crt ${pemFile} tls-ticket-keys /nowhere\n`,
    );
    expect(theirs.stderr).toContain("unable to load ssl tickets keys file");
    const { diagnostics } = bindTls({ crt: [pemFile], ticketKeysFile: "/nowhere" });
    expect(diagnostics[0]!.message).toContain(
      "'tls-ticket-keys' : unable to load ssl tickets keys file",
    );
  });
});
