import { describe, expect, test } from "vitest";
import { endHold, handOver } from "../../../../ha/agent/operator-requests.ts";
import type { AgentStatus } from "../../../../ha/agent/status.ts";

function node(...instances: readonly (readonly [string, string, number])[]): AgentStatus {
  return {
    instances: instances.map(([name, state, effectivePriority]) => ({
      configuration: { name },
      election: { state, effectivePriority },
    })),
  } as unknown as AgentStatus;
}

describe("requests of an operator", () => {
  test("hand-over: those that are master resign and stay away", () => {
    const status = node(["A", "MASTER", 150], ["B", "BACKUP", 150], ["C", "MASTER", 150]);
    expect(handOver({ holdMs: 60_000 }, status)).toMatchObject({
      ok: true,
      instances: ["A", "C"],
      events: [
        { kind: "resign", instance: "A", holdMs: 60_000 },
        { kind: "resign", instance: "C", holdMs: 60_000 },
      ],
    });
  });

  test("end-hold: never makes a master resign", () => {
    const status = node(["A", "MASTER", 150], ["B", "BACKUP", 150], ["C", "FAULT", 150]);
    expect(endHold(status)).toMatchObject({
      ok: true,
      instances: ["B"],
      events: [{ kind: "resign", instance: "B", holdMs: 0 }],
    });
  });

  test.each([
    [{}, node(["A", "MASTER", 150]), "holdMs: found null, expected 1 to 604800000"],
    [{ holdMs: "1h" }, node(["A", "MASTER", 150]), 'holdMs: found "1h", expected'],
    [{ holdMs: 1 }, node(["A", "BACKUP", 150]), "this node is master of no virtual router"],
    [{ holdMs: 1 }, node(["A", "MASTER", 255]), "(A) has priority 255"],
  ])("%j is refused", (request, status, text) => {
    expect(handOver(request, status)).toEqual({
      ok: false,
      message: expect.stringContaining(text) as string,
    });
  });
});
