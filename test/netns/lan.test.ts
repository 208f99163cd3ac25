import { describe, expect, test } from "vitest";
import { createLan, noNamespaces } from "../support/netns.ts";

describe.skipIf(noNamespaces !== undefined)(`a network of namespaces ${noNamespaces ?? ""}`, () => {
  test("hosts hear each other until their cable, their port or their VRRP is cut", async () => {
    const lan = await createLan(["a", "b"]);
    const [a, b] = [lan.host("a"), lan.host("b")];
    const reaches = async (address: string): Promise<boolean> =>
      (await a.run("ping", "-c1", "-W1", "-n", "-q", address)).code === 0;
    expect(await reaches(b.ipv4)).toBe(true);
    expect(await reaches(`${b.ipv6}%eth0`)).toBe(true);
    await lan.setCable("b", false);
    expect(await b.mustRun("ip", "link", "show", "eth0")).toContain("NO-CARRIER");
    await lan.setCable("b", true);
    await lan.setForwarding("b", false);
    expect(await b.mustRun("ip", "link", "show", "eth0")).not.toContain("NO-CARRIER");
    expect(await reaches(b.ipv4)).toBe(false);
    await lan.setForwarding("b", true);
    expect(await reaches(b.ipv4)).toBe(true);
    const capture = await b.start({
      command: "tcpdump",
      args: ["-nli", "eth0", "proto", "112"],
      ready: /listening on/,
    });
    // Any packet of protocol 112 will do.
    const send = `const raw = require("raw-socket");
      const socket = raw.createSocket({ protocol: 112 });
      socket.send(Buffer.alloc(20), 0, 20, "${b.ipv4}", () => socket.close());`;
    const sendVrrp = () => a.mustRun("node", "-e", send);
    await lan.setVrrp("a", false);
    expect(await reaches(b.ipv4)).toBe(true);
    await sendVrrp();
    await lan.setVrrp("a", true);
    await sendVrrp();
    await capture.waitForOutput(/IP 10\.98\.0\.1 > 10\.98\.0\.2/);
    expect(capture.stdout().match(/10\.98\.0\.1/g)).toHaveLength(1);
  });

  test("a second network joins the same hosts", async () => {
    const lan = await createLan(["a", "b"], { secondLan: true });
    await lan.setCable("b", false);
    const ended = await lan.host("a").run("ping", "-c1", "-W1", "-n", "-q", "10.99.0.2");
    expect(ended.code).toBe(0);
  });
});
