import { describe, expect, test } from "vitest";
import { TicketKeyRing } from "../../../src/tickets/key-ring.ts";
import { Dialogue } from "./dialogue.ts";

function key(byte: number, bytes = 48): Buffer {
  return Buffer.alloc(bytes, byte);
}

const encoded = (byte: number): string => key(byte).toString("base64");

function newRing(file = "/etc/keys", first = 1): TicketKeyRing {
  return new TicketKeyRing(file, [key(first), key(first + 1), key(first + 2)]);
}

describe("show tls-keys", () => {
  test("lists files for everybody, and keys for administrators only", () => {
    const ticketKeys = [newRing("/a"), newRing("/b", 4)];
    const ask = (line: string, level: "user" | "operator" | "admin" = "admin"): string =>
      new Dialogue({ ticketKeys, level }).send(`${line}\n`);
    expect(ask("show tls-keys", "user")).toBe("# id (file)\n0 (/a)\n1 (/b)\n\n");
    const b = `# 1 (/b)\n1.0 ${encoded(4)}\n1.1 ${encoded(5)}\n1.2 ${encoded(6)}\n`;
    expect(ask("show tls-keys /b")).toBe(`# id secret\n${b}\n`);
    expect(ask("show tls-keys #1")).toBe(`# id secret\n${b}\n`);
    expect(ask("show tls-keys *")).toMatch(/^# id secret\n# 0 \(\/a\)\n0\.0 [^]*\n# 1 \(\/b\)\n/);
    expect(ask("show tls-keys *", "operator")).toBe("Permission denied\n\n");
    expect(ask("show tls-keys #2")).toBe(
      "'show tls-keys' unable to locate referenced filename\n\n",
    );
  });

  test("without any file there is only the head", () => {
    expect(new Dialogue().send("show tls-keys\n")).toBe("# id (file)\n\n");
    expect(new Dialogue().send("show tls-keys *\n")).toBe("# id secret\n\n");
  });
});

describe("set ssl tls-key", () => {
  test("adds the newest key of a ring", () => {
    const ring = newRing();
    const ask = (line: string): string =>
      new Dialogue({ ticketKeys: [ring] }).send(`set ssl tls-key ${line}\n`);
    expect(ask(`#0 ${encoded(9)}`)).toBe("TLS ticket key updated!\n\n");
    expect(ask(`/etc/keys ${encoded(10)}`)).toBe("TLS ticket key updated!\n\n");
    expect(ring.keys.map(([first]) => first)).toEqual([3, 9, 10]);
  });

  test("says what is wrong and changes nothing", () => {
    const ring = newRing();
    const ask = (line: string, level: "operator" | "admin" = "admin"): string =>
      new Dialogue({ ticketKeys: [ring], level }).send(`set ssl tls-key ${line}\n`);
    expect(ask("#0")).toContain("expects a filename and the new TLS key in base64 encoding.");
    expect(ask(`#1 ${encoded(9)}`)).toContain("unable to locate referenced filename");
    expect(ask("#0 x!")).toContain("received invalid base64 encoded TLS key.");
    expect(ask(`#0 ${key(9, 80).toString("base64")}`)).toContain("received a key of wrong size.");
    expect(ask(`#0 ${encoded(9)}`, "operator")).toBe("Permission denied\n\n");
    ring.isFixed = true;
    expect(ask(`#0 ${encoded(9)}`)).toContain("append it to the file and reload");
    expect(ring.keys.map(([first]) => first)).toEqual([1, 2, 3]);
  });
});
