import { describe, expect, test } from "vitest";
import { RUNTIME_PIECE_CHARS } from "../../../src/runtime/limits.ts";
import type { RuntimeCommand } from "../../../src/runtime/command.ts";
import { RUNTIME_COMMANDS } from "../../../src/runtime/command-table.ts";
import { CONFIG, Dialogue } from "./dialogue.ts";

/** A command that is only there in tests. */
function command(word: string, run: RuntimeCommand["run"]): RuntimeCommand {
  return { words: [word], usage: word, help: undefined, level: "user", run };
}

describe("a connection without a prompt", () => {
  test("answers a line, adds an empty one and ends", () => {
    const client = new Dialogue();
    expect(client.send("show cli level\n")).toBe("admin\n\n");
    expect(client.closed).toBe("finish");
  });

  test("answers all commands of what has come", () => {
    const client = new Dialogue();
    expect(client.send("show cli level; show env NONE\nshow cli level\n")).toBe(
      "admin\n\nVariable not found\n\nadmin\n\n",
    );
    expect(client.closed).toBe("finish");
  });

  test("answers a client that has finished sending, and does not run half a line", () => {
    const client = new Dialogue();
    client.send("show cli lev");
    client.tell({ kind: "ended" });
    expect(client.output).toBe("");
    expect(client.closed).toBe("finish");
  });

  test("ends after silence, but not before", () => {
    const client = new Dialogue();
    client.wait(9_999);
    expect(client.closed).toBeUndefined();
    client.wait(1);
    expect(client.closed).toBe("finish");
  });
});

describe("prompt", () => {
  test("stays open and marks where commands and payloads are expected", () => {
    const client = new Dialogue({
      commands: [
        ...RUNTIME_COMMANDS,
        command("take", ({ payload }) => ({ kind: "output", pieces: [`got ${payload ?? ""}`] })),
      ],
    });
    expect(client.send("prompt\n")).toBe("\n> ");
    expect(client.send("show cli level\n")).toBe("admin\n\n> ");
    expect(client.send("take <<\n")).toBe("+ ");
    expect(client.send("one\n")).toBe("+ ");
    expect(client.send("\n")).toBe("got one\n\n> ");
    expect(client.closed).toBeUndefined();
    client.send("quit\n");
    expect(client.closed).toBe("finish");
  });

  test("given again, it ends", () => {
    const client = new Dialogue();
    client.send("prompt\n");
    expect(client.send("prompt\n")).toBe("\n");
    expect(client.closed).toBe("finish");
  });

  test("'set timeout cli' changes how long silence is allowed", () => {
    const client = new Dialogue();
    client.send("prompt\nset timeout cli 60s\n");
    client.wait(59_999);
    expect(client.closed).toBeUndefined();
    client.wait(1);
    expect(client.closed).toBe("finish");
  });
});

describe("levels", () => {
  test("refuse what they may not do, and can only be lowered", () => {
    const client = new Dialogue({ level: "operator" });
    client.send("prompt\n");
    expect(client.send("set server be/b1 weight 5\n")).toBe("Permission denied\n\n> ");
    expect(client.send("user\n")).toBe("\n> ");
    expect(client.send("show sess\n")).toBe("Permission denied\n\n> ");
    expect(client.send("operator\n")).toBe("Permission denied\n\n> ");
    expect(client.send("show cli level\n")).toBe("user\n\n> ");
  });

  test("hide addresses from users", () => {
    const cells = (level: "user" | "operator"): string =>
      new Dialogue({ level }).send("show stat be 4 1\n").split("\n")[1]!;
    expect(cells("operator")).toContain("10.0.0.1:1883");
    expect(cells("user")).not.toContain("10.0.0.1:1883");
  });

  test("hide entries of tables from users", () => {
    const shown = (level: "user" | "operator", words = ""): string => {
      const client = new Dialogue({ level });
      client.bench.world.tables.get("be")!.getOrCreate("A", client.bench.nowMs);
      return client.send(`show table be${words}\n`);
    };
    const head = "# table: be, type: string, size:1048576, used:1\n";
    expect(shown("user")).toBe(`${head}# contents not dumped due to insufficient privileges\n\n`);
    expect(shown("user", " key A")).toBe("Permission denied\n\n");
    expect(shown("user", " key")).toBe("Key value expected\n\n");
    expect(shown("operator")).toContain(" key=A ");
    expect(shown("operator", " key A")).toContain(" key=A ");
  });

  test("commands of a mode want the mode", () => {
    const late: RuntimeCommand = {
      ...command("late", () => ({ kind: "done" })),
      mode: "experimental",
    };
    const client = new Dialogue({ commands: [...RUNTIME_COMMANDS, late] });
    client.send("prompt\n");
    expect(client.send("late\n")).toContain("restricted to experimental mode only");
    expect(client.send("experimental-mode on\nlate\n")).toBe("\n> \n> ");
  });
});

describe("messages", () => {
  test("carry their severity when that is wanted", () => {
    const client = new Dialogue();
    client.send("prompt\nset severity-output number\n");
    expect(client.send("show table none\n")).toBe("[3]: No such table\n\n> ");
    client.send("set severity-output string\n");
    expect(client.send("show table none\n")).toBe("[err]: No such table\n\n> ");
  });

  test("what is unknown is answered by what comes near", () => {
    expect(new Dialogue().send("show tables\n")).toMatch(
      /^Unknown command, but maybe one of the following ones is a better match:\n {2}show table /,
    );
    const all = new Dialogue().send("xyzzy\n");
    expect(all).toMatch(/^Unknown command. Please enter one of the following commands only:\n/);
    expect(all).toContain("  show info [desc|json|typed|float]*      : report");
    expect(all).toMatch(/ {2}quit {36}: disconnect\n\n$/);
  });

  test("a prefix for a master process is refused by name", () => {
    expect(new Dialogue().send("@1 show info\n")).toMatch(/^'@1' names a process/);
  });
});

describe("long answers", () => {
  const endless = command("endless", () => ({ kind: "output", pieces: lines() }));

  function* lines(): Generator<string> {
    for (;;) yield "0123456789\n";
  }

  test("wait for a client that does not read, and hold one piece", () => {
    const client = new Dialogue({ commands: [endless] });
    client.isHeld = true;
    client.send("endless\n");
    expect(client.output.length).toBeLessThan(RUNTIME_PIECE_CHARS + 100);
    const first = client.output.length;
    client.read();
    expect(client.output.length).toBeLessThan(2 * first + 100);
    expect(client.connection.wantsInput).toBe(false);
  });

  test("end with a client that reads nothing for too long", () => {
    let isReturned = false;
    const watched = command("watched", () => ({ kind: "output", pieces: pieces() }));
    function* pieces(): Generator<string> {
      try {
        for (;;) yield "x".repeat(RUNTIME_PIECE_CHARS);
      } finally {
        isReturned = true;
      }
    }
    const client = new Dialogue({ commands: [watched] });
    client.isHeld = true;
    client.send("watched\n");
    client.wait(10_000);
    expect(client.closed).toBe("reset");
    expect(isReturned).toBe(true);
  });

  test("give others a turn while they find nothing to print", () => {
    const idle = command("idle", () => ({ kind: "output", pieces: ["", "", "found\n"] }));
    const client = new Dialogue({ commands: [idle] });
    client.send("idle\n");
    expect(client.effects.filter(({ kind }) => kind === "turn")).toHaveLength(2);
    expect(client.output).toBe("found\n\n");
  });

  test("a defect of a command is told and ends nothing else", () => {
    const broken = command("broken", () => {
      throw new Error("a bug");
    });
    const late = command("late", () => ({ kind: "output", pieces: brokenLater() }));
    function* brokenLater(): Generator<string> {
      yield "one\n";
      throw new Error("a bug");
    }
    const client = new Dialogue({ commands: [...RUNTIME_COMMANDS, broken, late] });
    client.send("prompt\n");
    expect(client.send("broken\n")).toMatch(/^Internal error/);
    expect(client.send("late\n")).toMatch(/Internal error/);
    expect(client.send("show cli level\n")).toBe("admin\n\n> ");
    expect(client.effects.filter(({ kind }) => kind === "defect")).toHaveLength(2);
  });
});

test("a table of 100,000 entries is one piece at a time", () => {
  const client = new Dialogue();
  const { bench } = client;
  const table = bench.world.tables.get("be")!;
  for (let i = 0; i < 100_000; i++) table.getOrCreate(`k${i}`, bench.nowMs);
  const writes: number[] = [];
  client.send("show table be\n");
  for (const effect of client.effects) if (effect.kind === "write") writes.push(effect.text.length);
  expect(client.output.split("\n").filter((line) => line.includes("key=k"))).toHaveLength(100_000);
  expect(Math.max(...writes)).toBeLessThan(RUNTIME_PIECE_CHARS + 1_000);
  expect(CONFIG).toContain("size 1m");
});
