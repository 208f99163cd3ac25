// Constants and facts of the process (haproxy configuration §7.3.2).
import { byteStringOfText } from "../bytes.ts";
import type { FetchDefinition } from "../definition.ts";
import { parseIpv4, parseIpv6 } from "../../base/ip.ts";
import type { Sample } from "../sample.ts";
import { checkVariableName } from "../variable.ts";

function constant(sample: Sample): () => Sample {
  return () => sample;
}

const TRUE: Sample = { type: "bool", value: true };
const FALSE: Sample = { type: "bool", value: false };

/** Constants, randomness, time, environment and variables. */
export const CONSTANT_FETCHES: readonly FetchDefinition[] = [
  {
    names: ["always_true"],
    args: [],
    output: "bool",
    source: "nothing",
    description: "Always true.",
    make: () => constant(TRUE),
  },
  {
    names: ["always_false"],
    args: [],
    output: "bool",
    source: "nothing",
    description: "Always false.",
    make: () => constant(FALSE),
  },
  {
    names: ["bool"],
    args: [{ name: "value", type: "string" }],
    output: "bool",
    source: "nothing",
    description: "The boolean given: true, false, 1 or 0.",
    check: ([value]) =>
      /^(true|false|0|1)$/i.test(value!) ? undefined : "Expects 'true', 'false', '0' or '1'",
    make: ([value]) => constant(/^(true|1)$/i.test(value!) ? TRUE : FALSE),
  },
  {
    names: ["int"],
    args: [{ name: "value", type: "integer" }],
    output: "int",
    source: "nothing",
    description: "The integer given.",
    make: ([value]) => constant({ type: "int", value: Number(value) }),
  },
  {
    names: ["str"],
    args: [{ name: "value", type: "string", optional: true }],
    output: "str",
    source: "nothing",
    description: "The string given.",
    make: ([value]) => constant({ type: "str", value: byteStringOfText(value ?? "") }),
  },
  {
    names: ["bin"],
    args: [{ name: "hex", type: "string" }],
    output: "bin",
    source: "nothing",
    description: "The bytes given in hexadecimal.",
    check: ([hex]) =>
      /^([0-9a-fA-F]{2})*$/.test(hex!) ? undefined : "an even number of hex digit is expected",
    make: ([hex]) => constant({ type: "bin", value: Buffer.from(hex!, "hex") }),
  },
  {
    names: ["ipv4"],
    args: [{ name: "address", type: "IPv4 address" }],
    output: "ip",
    source: "nothing",
    description: "The IPv4 address given.",
    make: ([address]) => constant({ type: "ip", value: parseIpv4(address!)! }),
  },
  {
    names: ["ipv6"],
    args: [{ name: "address", type: "IPv6 address" }],
    output: "ip",
    source: "nothing",
    description: "The IPv6 address given.",
    make: ([address]) => constant({ type: "ip", value: parseIpv6(address!)! }),
  },
  {
    names: ["rand"],
    args: [{ name: "range", type: "integer", optional: true }],
    output: "int",
    source: "nothing",
    description: "A random integer from 0 to range - 1, or of 32 bits.",
    make: ([range]) => {
      const count = range === undefined || range === "" ? 2 ** 32 : Number(range);
      return (context) => ({ type: "int", value: Math.floor(context.random() * count) });
    },
  },
  {
    names: ["date"],
    args: [
      { name: "offset", type: "integer", optional: true },
      { name: "unit", type: "string", optional: true },
    ],
    output: "int",
    source: "nothing",
    description: "The time since 1970 in s (or ms, us), plus an offset.",
    check: ([, unit]) =>
      unit === undefined || unit === "" || /^(s|ms|us)$/.test(unit)
        ? undefined
        : `expects 's', 'ms' or 'us', got '${unit}'`,
    make: ([offset, unit]) => {
      const perMilli = unit === "us" ? 1000 : unit === "ms" ? 1 : 0.001;
      const shift = Number(offset ?? 0);
      return (context) => ({ type: "int", value: Math.floor(context.wallMs * perMilli) + shift });
    },
  },
  {
    names: ["env"],
    args: [{ name: "name", type: "string" }],
    output: "str",
    source: "nothing",
    description: "A variable of the environment.",
    make:
      ([name]) =>
      (context) => {
        const value = context.environment[name!];
        return value === undefined ? "none" : { type: "str", value: byteStringOfText(value) };
      },
  },
  {
    names: ["hostname"],
    args: [],
    output: "str",
    source: "nothing",
    description: "The name of this machine.",
    make: () => (context) => ({ type: "str", value: byteStringOfText(context.hostName) }),
  },
  {
    names: ["nbproc", "proc"],
    args: [],
    output: "int",
    source: "nothing",
    description: "1: there is one process.",
    make: () => constant({ type: "int", value: 1 }),
  },
  {
    names: ["thread"],
    args: [],
    output: "int",
    source: "nothing",
    description: "0: there is one thread.",
    make: () => constant({ type: "int", value: 0 }),
  },
  {
    names: ["var"],
    args: [
      { name: "variable", type: "string" },
      { name: "default", type: "string", optional: true },
    ],
    output: "any",
    source: "nothing",
    description: "A variable by name with its scope (`txn.seen`), or the default given.",
    check: ([name]) => checkVariableName(name!),
    make: ([name, fallback]) => {
      const absent: Sample | "none" =
        fallback === undefined ? "none" : { type: "str", value: byteStringOfText(fallback) };
      return (context) => context.variables.get(name!) ?? absent;
    },
  },
];
