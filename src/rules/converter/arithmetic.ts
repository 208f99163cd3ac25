// Numbers and booleans (haproxy configuration §7.3.1). Integers have 64 bits and stop at both ends;
// values beyond 2^53 are as exact as a double.
import { castSample, toInt64 } from "../convert.ts";
import type { ConverterDefinition, ConvertFunction } from "../definition.ts";
import type { Sample } from "../sample.ts";
import { checkVariableName } from "../variable.ts";

const INT_MAX = 2 ** 63;

function clamp(value: number): number {
  const integer = Math.trunc(Number.isNaN(value) ? 0 : value);
  // Adding 0 turns -0 into 0.
  return Math.min(INT_MAX, Math.max(-INT_MAX, integer)) + 0;
}

function numberOf(sample: Sample): number {
  return sample.type === "int" ? sample.value : 0;
}

/** `name(value)` where value is an integer or a variable. */
function binary(
  name: string,
  description: string,
  calculate: (a: number, b: number) => number,
): ConverterDefinition {
  return {
    names: [name],
    args: [{ name: "value", type: "string" }],
    input: "int",
    output: "int",
    description,
    check: ([value]) =>
      /^[+-]?\d+$/.test(value!) || checkVariableName(value!) === undefined
        ? undefined
        : "expects an integer or a variable name",
    make: ([value]): ConvertFunction => {
      const constant = /^[+-]?\d+$/.test(value!) ? Number(value) : undefined;
      return (sample, context) => {
        const operand = constant ?? variableNumber(context.variables.get(value!));
        if (operand === undefined) return "none";
        return { type: "int", value: clamp(calculate(numberOf(sample), operand)) };
      };
    },
  };
}

function variableNumber(sample: Sample | undefined): number | undefined {
  const cast = sample && castSample(sample, "int");
  return cast?.type === "int" ? cast.value : undefined;
}

function bitwise(operation: (a: bigint, b: bigint) => bigint): (a: number, b: number) => number {
  return (a, b) => Number(BigInt.asIntN(64, operation(toInt64(a), toInt64(b))));
}

function unary(
  name: string,
  output: "int" | "bool",
  description: string,
  convert: (value: number) => Sample,
): ConverterDefinition {
  return {
    names: [name],
    args: [],
    input: "int",
    output,
    description,
    make: () => (sample) => convert(numberOf(sample)),
  };
}

const int = (value: number): Sample => ({ type: "int", value: clamp(value) });
const bool = (value: boolean): Sample => ({ type: "bool", value });

/** Division by zero gives the greatest integer, as HAProxy's does. */
function divide(a: number, b: number): number {
  return b === 0 ? INT_MAX : a / b;
}

/** Arithmetic, bits and truth. */
export const ARITHMETIC_CONVERTERS: readonly ConverterDefinition[] = [
  binary("add", "Adds.", (a, b) => a + b),
  binary("sub", "Subtracts.", (a, b) => a - b),
  binary("mul", "Multiplies.", (a, b) => a * b),
  binary("div", "Divides, rounding towards 0.", divide),
  binary("mod", "The rest of a division; 0 for a division by 0.", (a, b) => (b === 0 ? 0 : a % b)),
  binary(
    "and",
    "Bitwise and.",
    bitwise((a, b) => a & b),
  ),
  binary(
    "or",
    "Bitwise or.",
    bitwise((a, b) => a | b),
  ),
  binary(
    "xor",
    "Bitwise exclusive or.",
    bitwise((a, b) => a ^ b),
  ),
  unary("cpl", "int", "Bitwise complement.", (value) => int(-value - 1)),
  unary("neg", "int", "The negative.", (value) => int(-value)),
  unary("bool", "bool", "Whether it is not 0.", (value) => bool(value !== 0)),
  unary("not", "bool", "Whether it is 0.", (value) => bool(value === 0)),
  unary("even", "bool", "Whether it is even.", (value) => bool(value % 2 === 0)),
  unary("odd", "bool", "Whether it is odd.", (value) => bool(value % 2 !== 0)),
  {
    names: ["iif"],
    args: [
      { name: "true", type: "string" },
      { name: "false", type: "string" },
    ],
    input: "bool",
    output: "str",
    description: "The first string if true, else the second.",
    make: ([yes, no]) => {
      return (sample) => ({ type: "str", value: sample.value === true ? yes! : no! });
    },
  },
];
