import { describe, expect, test } from "vitest";
import type { AgentEffect } from "../../../ha/agent/agent-events.ts";
import { Journal } from "../../../ha/agent/journal.ts";

function journal(): { readonly journal: Journal; readonly take: () => readonly object[] } {
  const said: AgentEffect[] = [];
  return { journal: new Journal((effect) => said.push(effect)), take: () => said.splice(0) };
}

describe("what an agent says", () => {
  test("a line has its instance's name before it, once", () => {
    const { journal: it, take } = journal();
    it.log("info", "V", "hello");
    it.log("info", "V", "(V) hello");
    it.log("error", undefined, "hello", { kind: "a.b", subject: "s" });
    expect(take()).toEqual([
      { kind: "log", level: "info", text: "(V) hello" },
      { kind: "log", level: "info", text: "(V) hello" },
      { kind: "log", level: "error", text: "hello", event: { kind: "a.b", subject: "s" } },
    ]);
  });

  test("VIPs: from the claim to the kernel, and how long they were held; each once", () => {
    const { journal: it, take } = journal();
    it.settled("V", false, 1, 0);
    expect(take()).toEqual([]);
    it.claimed("V", 100);
    it.settled("V", true, 2, 107);
    it.claimed("V", 200);
    it.settled("V", true, 2, 201);
    it.settled("V", false, 2, 1_107);
    expect(take()).toMatchObject([
      {
        text: "(V) VIPs are set after 7 ms",
        event: { kind: "vip.set", subject: "V", durationMs: 7, data: { count: 2 } },
      },
      { text: "(V) VIPs are removed", event: { kind: "vip.removed", durationMs: 1_000 } },
    ]);
  });

  test("heartbeat paths: how long they were as they were", () => {
    const { journal: it, take } = journal();
    it.heartbeat("1.2.3.4:1", true, 5);
    it.heartbeat("1.2.3.4:1", false, 25);
    expect(take()).toMatchObject([
      { level: "info", event: { kind: "heartbeat.up", subject: "1.2.3.4:1" } },
      { level: "warning", event: { kind: "heartbeat.down", durationMs: 20 } },
    ]);
  });
});
