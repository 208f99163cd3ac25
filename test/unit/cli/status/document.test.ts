// The names of `--json`: each one is documented, and none goes by accident.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { statusDocument } from "../../../../cli/status/document.ts";
import { AGENT_SHAPE, BALANCER_SHAPE, GUARD_SHAPE } from "../../../../cli/status/report-shapes.ts";
import type { Shape } from "../../../../src/base/shape.ts";
import { facts } from "./sample-node.ts";

const OPERATIONS = readFileSync(new URL("../../../../docs/operations.md", import.meta.url), "utf8");

function namesOf(shape: Shape | "nullable"): string[] {
  if (typeof shape === "string" || Array.isArray(shape)) {
    return typeof shape === "string"
      ? []
      : shape.flatMap((inner: Shape | "nullable") => namesOf(inner));
  }
  return Object.entries(shape).flatMap(([name, inner]) => [name, ...namesOf(inner)]);
}

test("docs/operations.md has every name", () => {
  const { problems: _, ...document } = statusDocument(facts({ guard: null, agent: null }));
  const names = [
    ...Object.keys(document),
    ...Object.keys(document.sockets[0]!),
    ...[GUARD_SHAPE, AGENT_SHAPE, BALANCER_SHAPE].flatMap((shape) => namesOf(shape)),
    ...["severity", "area", "text", "hint", "instance", "role", "evidence"],
  ];
  expect(names.length).toBeGreaterThan(100);
  const missing = names.filter(
    (name) => !new RegExp(`[\`.]${name}(?:\\[\\])?[\`.]`).test(OPERATIONS),
  );
  expect([...new Set(missing)]).toEqual([]);
});

test("the document of a node is the object that scripts know", () => {
  const document = statusDocument(facts({}));
  expect(Object.keys(document)).toEqual([
    "schemaVersion",
    "time",
    "host",
    "state",
    "problems",
    "guard",
    "agent",
    "balancer",
    "otherNodes",
    "sockets",
  ]);
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
});
