import { describe, expect, test } from "vitest";
import { parseKeepalivedArguments } from "../../../cli/keepalived-arguments.ts";

function run(...words: string[]) {
  const command = parseKeepalivedArguments(words);
  if (command.kind !== "run") throw new Error(`not a run: ${JSON.stringify(command)}`);
  return command;
}

describe("parseKeepalivedArguments", () => {
  test("without words it runs the original's file in the background, logging to syslog", () => {
    expect(run()).toEqual({
      kind: "run",
      file: "/etc/keepalived/keepalived.conf",
      needsFile: false,
      remarks: [],
      isForeground: false,
      options: {
        file: "/etc/keepalived/keepalived.conf",
        logs: "syslog",
        logDetail: false,
        keepsVips: false,
        releasesVips: false,
        dontRespawn: false,
        dumpsConfiguration: false,
        logsAddresses: false,
      },
    });
  });

  test("units' flags, letters together", () => {
    const command = run("-nlD", "-P", "-f", "k.conf", "-p/run/k.pid", "-r", "/run/v.pid");
    expect(command.isForeground).toBe(true);
    expect(command.options).toMatchObject({
      file: "k.conf",
      logs: "console",
      logDetail: true,
      pidfile: "/run/k.pid",
      vrrpPidfile: "/run/v.pid",
    });
    expect(command.remarks).toEqual([]);
  });

  test("long names, attached or separate values, cut names", () => {
    const { options } = run("--use-file=k.conf", "--pid", "p", "--dont-resp", "--vrrp_pid=v");
    expect(options).toMatchObject({ file: "k.conf", vrrpPidfile: "v" });
    expect(options.dontRespawn).toBe(true);
  });

  test.each<[string[], object]>([
    [["-V"], { keepsVips: true }],
    [["-X"], { releasesVips: true }],
    [["-R"], { dontRespawn: true }],
    [["-d"], { dumpsConfiguration: true }],
    [["-a"], { logsAddresses: true }],
    [["-G"], { logs: "none" }],
    [["-G", "-l"], { logs: "console" }],
    [["-S", "3"], { syslogFacility: 19 }],
    [["-S", "local7"], { syslogFacility: 23 }],
    [["-S", "user"], { syslogFacility: 1 }],
    [["-g"], { logFile: "/tmp/keepalived.log" }],
    [["--log-file=/x"], { logFile: "/x" }],
    [["-u", "022"], { umask: 0o22 }],
    [["-u", "0x12"], { umask: 0o22 }],
    [["-i", "lb1"], { configId: "lb1" }],
  ])("%j gives %j", (words, expected) => {
    expect(run(...words).options).toMatchObject(expected);
  });

  const VALUES: Readonly<Record<string, string>> = { c: "x", b: "x", A: "x", M: "" };
  test.each(["B", "I", "c", "b", "x", "A", "m", "M"])(
    "-%s changes nothing and is noted once",
    (letter) => {
      const value = VALUES[letter] ?? "";
      const words = [`-${letter}${value}`, `-${letter}${value}`];
      const command = run(...words);
      expect(command.remarks).toHaveLength(1);
      expect(command.remarks[0]).toMatch(/^--[\w-]+ has no effect: /);
      expect(command.options).toEqual(run().options);
    },
  );

  test("--all, a wrong facility, a wrong mask and further words are remarked on", () => {
    expect(run("--all").remarks).toHaveLength(1);
    expect(run("-S", "9").remarks).toEqual(["Invalid log facility '9'"]);
    expect(run("-u", "511").remarks).toEqual([]);
    expect(run("-u", "999").remarks).toEqual(["Invalid --umask option 999"]);
    expect(run("extra", "words").remarks).toEqual(["Unexpected argument(s): extra words"]);
  });

  test("-t and --config-test check, with or without a file for the findings", () => {
    const plain = { kind: "check", file: "k", needsFile: false, remarks: [] };
    expect(parseKeepalivedArguments(["-t", "-f", "k"])).toEqual(plain);
    expect(parseKeepalivedArguments(["-t/l", "-f", "k"])).toEqual({ ...plain, logFile: "/l" });
    expect(parseKeepalivedArguments(["--config-test=/l", "-f", "k"])).toEqual({
      ...plain,
      logFile: "/l",
    });
    expect(parseKeepalivedArguments(["--config-t", "-e", "-C", "-f", "k"])).toEqual({
      ...plain,
      needsFile: true,
    });
  });

  test("-v, -h and --signum come before everything else", () => {
    expect(parseKeepalivedArguments(["-t", "-h"])).toEqual({ kind: "help" });
    expect(parseKeepalivedArguments(["--version"])).toEqual({ kind: "version" });
    expect(parseKeepalivedArguments(["--signum=JSON"])).toEqual({ kind: "signal", name: "JSON" });
  });

  test.each([
    [["--bogus"], "Unknown option --bogus"],
    [["-nZ"], "Unknown option -Z"],
    [["--config"], "Unknown option --config"],
    [["--dont-fork=x"], "Unknown option --dont-fork=x"],
    [["-f"], "Missing parameter for option -f"],
    [["--use-file"], "Missing parameter for option --use-file"],
    [["-T"], "genhash is not part of this program"],
    [["-C"], "-C asks for the LVS health checker alone, which is not part of this program"],
  ])("%j is refused: %s", (words, message) => {
    expect(parseKeepalivedArguments(words)).toEqual({ kind: "problem", message });
  });

  test("-s names a network namespace", () => {
    expect(run("-s", "blue").options.namespace).toBe("blue");
  });

  test("-C together with -P runs VRRP", () => {
    expect(run("-C", "-P").kind).toBe("run");
  });
});
