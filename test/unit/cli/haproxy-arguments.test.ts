import { describe, expect, test } from "vitest";
import { parseHaproxyArguments } from "../../../cli/haproxy-arguments.ts";

function parse(line: string) {
  return parseHaproxyArguments(line.split(" ").filter((word) => word !== ""));
}

describe("parseHaproxyArguments()", () => {
  test("collects files, folders and what follows --", () => {
    expect(parse("-f a.cfg -f dir -- b.cfg -c")).toMatchObject({
      kind: "run",
      files: ["a.cfg", "dir", "b.cfg", "-c"],
    });
  });

  test("takes every flag with a value", () => {
    expect(parse("-c -f x -n 10 -N 5 -m 100 -L foo -p x.pid -C /d -S a,mode,600 -x s")).toEqual({
      kind: "check",
      files: ["x"],
      isQuiet: false,
      isVerbose: false,
      warningsAreErrors: false,
      ignoreResolveFailures: false,
      placement: "configured",
      notifySystemd: false,
      maxconn: 10,
      localpeer: "foo",
      pidfile: "x.pid",
      folder: "/d",
      oldPids: [],
      oldSignal: "SIGUSR1",
    });
  });

  test("accepts the flags that test drivers pass", () => {
    expect(
      parse("-d -dMno-merge -dI -dW -dD -dKall -de -dp -dS -dG -dR -dL -dV -W -f x"),
    ).toMatchObject({ kind: "run", placement: "foreground", warningsAreErrors: true });
  });

  test.each([
    ["-f x", "configured"],
    ["-f x -W", "configured"],
    ["-f x -D", "background"],
    ["-f x -D -db", "foreground"],
    ["-d -D -f x", "foreground"],
    ["-Ws -D -f x", "foreground"],
  ])("decides by %j where to run", (line, placement) => {
    expect(parse(line)).toMatchObject({ kind: "run", placement });
  });

  test("reads the pids of -sf and -st up to the next flag", () => {
    expect(parse("-sf 1 22 -f x")).toMatchObject({ oldPids: [1, 22], oldSignal: "SIGUSR1" });
    expect(parse("-f x -st 3")).toMatchObject({ oldPids: [3], oldSignal: "SIGTERM" });
    expect(parse("-f x -sf")).toMatchObject({ kind: "run", oldPids: [] });
    expect(parse("-sf -1 -f x")).toMatchObject({ kind: "usage" });
  });

  test("takes switches of one letter behind one dash", () => {
    expect(parse("-qc -f x")).toMatchObject({ kind: "check", isQuiet: true });
    expect(parse("-VD -f x")).toMatchObject({ isVerbose: true, placement: "background" });
  });

  test("answers -v, -vv, -h and -cc whatever else stands there", () => {
    expect(parse("-f x -v")).toEqual({ kind: "version", isVerbose: false });
    expect(parse("-vv")).toEqual({ kind: "version", isVerbose: true });
    expect(parse("-h")).toEqual({ kind: "usage", exitCode: 0 });
    expect(parse("-cc version_atleast(2.4) -f x")).toEqual({
      kind: "condition",
      condition: "version_atleast(2.4)",
    });
  });

  test.each([
    ["", "no configuration file given: use -f"],
    ["-c", "no configuration file given: use -f"],
    ["-Z -f x", "unknown flag '-Z'"],
    ["-f x y", "unexpected argument 'y'"],
    ["-f", "-f expects a configuration file or folder"],
    ["-f x -x", "-x expects a unix socket path"],
    ["-f x -n ten", "-n expects a number, found 'ten'"],
    ["-f x -sf 1x", "-sf expects process ids, found '1x'"],
    ["-cc", "-cc expects a condition"],
  ])("refuses %j", (line, problem) => {
    expect(parse(line)).toEqual({ kind: "usage", exitCode: 1, problem });
  });
});
