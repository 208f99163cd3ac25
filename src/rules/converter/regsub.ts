// `regsub(<regex>,<substitute>[,<flags>])` (haproxy configuration §7.3.1).
import { byteStringOfText } from "../bytes.ts";
import type { ConverterDefinition } from "../definition.ts";
import { compileRegex } from "../regex.ts";

function jsFlags(flags: string | undefined): string {
  return (flags ?? "").replace(/[^gi]/g, "");
}

/** Fills `\0` to `\9` of a substitute with the groups of a match. */
export function fillSubstitute(
  substitute: string,
  groups: readonly (string | undefined)[],
): string {
  return substitute.replace(/\\(.)/gs, (_, char: string) =>
    char >= "0" && char <= "9" ? (groups[Number(char)] ?? "") : char,
  );
}

/** Replacement by regular expression. */
export const REGSUB_CONVERTERS: readonly ConverterDefinition[] = [
  {
    names: ["regsub"],
    args: [
      { name: "regex", type: "regex" },
      { name: "substitute", type: "string", optional: true },
      { name: "flags", type: "string", optional: true },
    ],
    input: "str",
    output: "str",
    description: "Text with the matches of a regular expression replaced; flags g and i.",
    check: ([regex, , flags]) => {
      const odd = /[^gi]/.exec(flags ?? "");
      if (odd !== null) return `invalid regex flag '${odd[0]}', only 'i' and 'g' are supported`;
      const compiled = compileRegex(byteStringOfText(regex!), jsFlags(flags));
      return compiled.ok ? undefined : compiled.message;
    },
    make: ([regex, substitute = "", flags]) => {
      const compiled = compileRegex(byteStringOfText(regex!), jsFlags(flags));
      const filling = byteStringOfText(substitute);
      return (sample) => {
        if (!compiled.ok || sample.type !== "str") return "none";
        const value = sample.value.replace(compiled.regex, (...match: unknown[]) =>
          fillSubstitute(filling, match.filter((part) => typeof part !== "number") as string[]),
        );
        return { type: "str", value };
      };
    },
  },
];
