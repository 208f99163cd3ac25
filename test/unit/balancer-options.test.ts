import { describe, expect, test } from "vitest";
import { parseChildOptions } from "../../src/balancer-options.ts";

describe("parseChildOptions()", () => {
  test("fills in what is left out", () => {
    expect(parseChildOptions('{"files":["a.cfg"],"maxconn":5}')).toEqual({
      files: ["a.cfg"],
      maxconn: 5,
      quiet: false,
      warningsAreErrors: false,
    });
    expect(parseChildOptions('{"files":["a"],"quiet":true}')).toMatchObject({ quiet: true });
  });

  test.each([
    ["", "expected a JSON object of options, found nothing"],
    ["[]", "expected a JSON object of options, found []"],
    ["{", "expected a JSON object of options, found {"],
    ["null", "expected a JSON object of options, found null"],
    ["{}", "option 'files' expects the names of configuration files"],
    ['{"files":[]}', "option 'files' expects the names of configuration files"],
    ['{"files":[1]}', "option 'files' expects the names of configuration files"],
    ['{"files":["a"],"maxconn":"5"}', "option 'maxconn' expects a number"],
    ['{"files":["a"],"constructor":1}', "unknown option 'constructor'"],
    ['{"files":["a"],"__proto__":1}', "unknown option '__proto__'"],
  ])("says what is wrong with %s", (text, problem) => {
    expect(parseChildOptions(text)).toBe(problem);
  });
});
