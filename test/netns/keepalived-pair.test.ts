import { describe, expect, test } from "vitest";
import { startKeepalived } from "../support/keepalived.ts";
import { createLan, noNamespaces } from "../support/netns.ts";
import { startEcho, overlapMs, VipProbe, VipWatch } from "../support/vip-watch.ts";
import { has, skipNote } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";

const VIP = "10.98.0.100";

function config(priority: number): string {
  return `global_defs { vrrp_version 3 }
vrrp_instance V {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 0.1
  virtual_ipaddress { ${VIP}/24 }
}
`;
}

// The yardstick itself: what it reads off a pair of real Keepaliveds is what is known of them.
describe.skipIf(noNamespaces !== undefined || !has("keepalived"))(
  `measuring a pair of Keepaliveds ${skipNote("keepalived")}`,
  () => {
    test("a graceful stop moves the VIP within an advert and a skew", async () => {
      const lan = await createLan(["a", "b", "client"]);
      const [a, b] = [lan.host("a"), lan.host("b")];
      await Promise.all([startEcho(a), startEcho(b)]);
      const watches = await Promise.all([VipWatch.start(a, VIP), VipWatch.start(b, VIP)]);
      const one = await startKeepalived(a, config(150));
      await startKeepalived(b, config(100));
      const probe = await VipProbe.start(lan.host("client"), VIP);
      await probe.waitForNode("a", 0);
      const stoppedMs = Date.now();
      one.process.kill("SIGTERM");
      await probe.waitForNode("b", stoppedMs);
      // The kernel tells of an address after it has begun to answer for it.
      await waitFor(() => watches[1].isHeld && !watches[0].isHeld);
      const gapMs = probe.longestGapMs(stoppedMs);
      expect(gapMs).toBeGreaterThan(30);
      expect(gapMs).toBeLessThan(1_000);
      expect(overlapMs(watches[0], watches[1], 0)).toBeLessThan(50);
      expect(watches[0].holdings()).toHaveLength(1);
    });
  },
);
