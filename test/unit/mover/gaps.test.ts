import { describe, expect, test } from "vitest";
import { readConfiguration } from "../../../src/config/read.ts";
import { findMoverGaps } from "../../../src/io/mover/gaps.ts";
import type { LoadedAddon, MoverAddon } from "../../../src/io/mover/native/addon.ts";

const BUILT: LoadedAddon = { addon: {} as MoverAddon };
const ABSENT: LoadedAddon = { addon: undefined, reason: "it has not been built" };

const LINES = `
listen plain
  mode tcp
  bind 127.0.0.1:1883 interface eth0 tcp-ut 10s
  option clitcpka
  clitcpka-cnt 3
  source 0.0.0.0 interface eth1
  server s1 10.0.0.1:1883 tcp-ut 5s
`;

/** Findings with one of these choices: severity and message. */
function gaps(text: string, loaded: LoadedAddon): readonly string[] {
  const source = { name: "t.cfg", text };
  const options = { environment: {}, version: "2.6.12", hostName: "n" };
  const { configuration } = readConfiguration([source], options);
  const found = findMoverGaps(configuration, loaded);
  return found.map(({ severity, message }) => `${severity}: ${message}`);
}

describe("findMoverGaps()", () => {
  test("finds nothing that the native mover does not serve", () => {
    expect(gaps(`global\n  mover auto\n${LINES}`, BUILT)).toEqual([]);
    expect(gaps(LINES, BUILT)).toEqual([]);
  });

  test.each([
    ["mover node", BUILT],
    ["mover auto", ABSENT],
  ] as const)("names what Node's sockets do not do: %s", (line, loaded) => {
    const found = gaps(`global\n  #tandem ${line}\n${LINES}`, loaded);
    expect(found.toSorted()).toEqual([
      "alert: 'interface' of a 'source' is not served by Node's sockets.",
      "alert: 'interface' on a 'bind' line is not served by Node's sockets.",
      "warning: 'clitcpka-cnt' has no effect with Node's sockets, the system's setting holds.",
      "warning: 'tcp-ut' has no effect with Node's sockets, the system's setting holds.",
      "warning: 'tcp-ut' has no effect with Node's sockets, the system's setting holds.",
    ]);
  });

  test("names what a server with TLS loses, whose connections are Node's", () => {
    const text = LINES.replace("tcp-ut 5s", "tcp-ut 5s ssl verify none");
    expect(gaps(text, BUILT).toSorted()).toEqual([
      "alert: 'interface' of a 'source' is not served by Node's sockets.",
      "warning: 'tcp-ut' has no effect with Node's sockets, the system's setting holds.",
    ]);
  });

  test("refuses 'mover native' without the native part", () => {
    const found = gaps("global\n  mover native\n", ABSENT);
    expect(found).toEqual(["alert: 'mover native' cannot be served: it has not been built."]);
    expect(gaps("global\n  mover native\n", BUILT)).toEqual([]);
  });
});
