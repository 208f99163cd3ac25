// The files that TLS settings name: what is read, and what is said of files that do not serve.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { BindTls } from "../../src/config/model/tls.ts";
import { makeAuthority } from "../support/certificates.ts";
import { has, skipNote } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { bindTls, serverTls } from "./tls-settings.ts";

describe.skipIf(!has("openssl"))(`loadBindTls() and loadServerTls()${skipNote("openssl")}`, () => {
  test("loadBindTls() words its alerts as HAProxy does", () => {
    const dir = tempDir();
    const authority = makeAuthority();
    const one = authority.issue(["a.example"]);
    const two = authority.issue(["b.example"]);
    const write = (name: string, text: string): string => {
      writeFileSync(path.join(dir, name), text);
      return path.join(dir, name);
    };
    const bad = write("bad.pem", "garbage");
    const noKey = write("nokey.pem", one.cert);
    const mixed = write("mixed.pem", one.cert + two.key);
    const missing = path.join(dir, "missing.pem");
    const line = "'bind 127.0.0.1:8883' in section 'listen' : ";
    const bind = "bind '127.0.0.1:8883' at [t.cfg:3]";
    const expectations: readonly (readonly [Partial<BindTls>, string])[] = [
      [
        { crt: [missing] },
        `${line}unable to stat SSL certificate from file '${missing}' : No such file or directory.`,
      ],
      [{ crt: [bad] }, `${line}unable to load certificate from file '${bad}'.`],
      [{ crt: [noKey] }, `${line}No Private Key found in '${noKey}.key'.`],
      [
        { crt: [mixed] },
        `${line}inconsistencies between private key and certificate loaded '${mixed}'.`,
      ],
      [{}, `Proxy 'l': no SSL certificate specified for ${bind} (use 'crt').`],
      [
        { crt: [one.pemFile], verify: "required" },
        `Proxy 'l': verify is enabled but no CA file specified for ${bind}.`,
      ],
      [
        { crt: [one.pemFile], ciphers: "BOGUS" },
        `Proxy 'l': unable to set SSL cipher list to 'BOGUS' for ${bind}.`,
      ],
      [
        { crt: [one.pemFile], curves: "BOGUS" },
        `Proxy 'l': unable to set SSL curves list to 'BOGUS' for ${bind}.`,
      ],
      [
        { crt: [one.pemFile], ticketKeysFile: missing },
        `${line}'tls-ticket-keys' : unable to load ssl tickets keys file '${missing}' (No such file or directory)`,
      ],
      [
        { crt: [one.pemFile], ticketKeysFile: bad },
        `${line}'${bad}' : unable to decode base64 key on line 1 (make keys by 'openssl rand -base64 48')`,
      ],
      [
        { crtList: [missing] },
        `${line}'crt-list' : cannot open file '${missing}' : No such file or directory`,
      ],
    ];
    for (const [settings, message] of expectations) {
      const { context, diagnostics } = bindTls(settings);
      expect(diagnostics.map((one) => one.message)).toEqual([message]);
      expect(context).toBeUndefined();
    }
  });

  test("loadBindTls() reads folders in order without companions, and lists with filters", () => {
    const dir = tempDir();
    const authority = makeAuthority();
    mkdirSync(path.join(dir, "crt"));
    for (const name of ["b", "a"]) {
      const { cert, key } = authority.issue([`${name}.example`]);
      writeFileSync(path.join(dir, "crt", `${name}.pem`), cert);
      writeFileSync(path.join(dir, "crt", `${name}.pem.key`), key);
    }
    writeFileSync(path.join(dir, "crt", "a.pem.ocsp"), "ignored");
    expect(bindTls({ crt: [path.join(dir, "crt")] })).toMatchObject({ diagnostics: [] });
    const list = path.join(dir, "list");
    const a = path.join(dir, "crt", "a.pem");
    writeFileSync(
      list,
      `# comment\n${a} [alpn h2 ssl-min-ver TLSv1.2] *.c.example !no.c.example\n`,
    );
    const listed = bindTls({ crtList: [list] });
    expect(listed.diagnostics.map((one) => one.severity)).toEqual(["warning", "warning"]);
    expect(listed.context).toBeDefined();
    writeFileSync(list, `${a} [verify required]\n`);
    expect(bindTls({ crtList: [list] }).diagnostics[0]).toMatchObject({ severity: "alert" });
  });

  test("loadServerTls() demands an authority unless told otherwise", () => {
    const { diagnostics, context } = serverTls({ verify: "required" });
    expect(context).toBeUndefined();
    expect(diagnostics[0]!.message).toMatch(
      /^\[t\.cfg:3\] : 'server b\/s' : verify is enabled by default but no CA file specified\./,
    );
  });
});
