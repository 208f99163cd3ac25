// Where events go, as a keepalived.conf says it.
import { describe, expect, test } from "vitest";
import { describeAgent } from "../../../../ha/config/describe.ts";
import { messagesOf, readText } from "./read-text.ts";

const GLOBAL = (lines: string): string => `global_defs {\n${lines}\n}\n`;

describe("event-webhook, event-script, event-kinds", () => {
  test("are read behind #tandem, and shown without what may be a secret", () => {
    const { configuration, isUsable } = readText(
      GLOBAL(
        "#tandem event-webhook https://me:pw@hooks.example.com/s3cret?key=1 ca-file /etc/hook.pem\n" +
          '#tandem event-script "/bin/true one" nobody\n#tandem event-kinds vrrp server.down',
      ),
    );
    expect(isUsable).toBe(true);
    expect(configuration.tandem.events).toMatchObject({
      webhook: { url: "https://me:pw@hooks.example.com/s3cret?key=1", caFile: "/etc/hook.pem" },
      script: { words: ["/bin/true", "one"], user: "nobody" },
      kinds: ["vrrp", "server.down"],
    });
    const shown = describeAgent(configuration, { hasBalancer: true });
    expect(shown).toContain(
      "tells of events of vrrp, server.down: posts it to hooks.example.com, runs /bin/true",
    );
    expect(shown).not.toMatch(/s3cret|key=1|pw@/);
  });

  test.each([
    ["event-webhook ftp://host/s3cret", "no URL of http or https"],
    ["event-webhook https://s3cret/ ca-file", "unknown or unfinished"],
    ["event-webhook https://s3cret/ ca-file hook.pem", "absolute path"],
    ["event-webhook https://s3cret/ cafile /hook.pem", "unknown or unfinished"],
    [`event-webhook https://s3cret/${"x".repeat(2_048)}`, "too long"],
    ["event-webhook http://a/\n#tandem event-webhook http://s3cret/", "there is one already"],
    ["event-webhok https://host/s3cret", "Unknown directive"],
    ["event-script /bin/true\n#tandem event-script /bin/false", "there is one already"],
    ["event-kinds Server", "expected a kind of event"],
    [`event-kinds ${"vip ".repeat(65)}`, "at most 64"],
  ])("%#: %.40s prevents the start", (lines, message) => {
    const outcome = readText(GLOBAL(`#tandem ${lines}`));
    expect(outcome.isUsable).toBe(false);
    expect(messagesOf(outcome).join("\n")).toContain(message);
    expect(JSON.stringify(outcome.diagnostics)).not.toContain("s3cret");
  });
});
