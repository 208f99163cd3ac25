import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { HeartbeatSocket, type HeartbeatSocketSettings } from "../../../ha/io/heartbeat-socket.ts";
import { loadNative } from "../../../ha/io/native.ts";
import type { IpEndpoint } from "../../../src/base/address.ts";
import { endLater } from "../../support/cleanup.ts";
import { freePort } from "../../support/ports.ts";
import { waitFor } from "../../support/wait-for.ts";

async function endpoint(host: string): Promise<IpEndpoint> {
  const family = host.includes(":") ? 6 : 4;
  return { kind: "ip", family, host, port: await freePort() };
}

interface Side {
  readonly socket: HeartbeatSocket;
  readonly received: string[];
  readonly problems: string[];
}

function side(
  local: IpEndpoint,
  peer: IpEndpoint,
  changes: Partial<HeartbeatSocketSettings> = {},
): Side {
  const received: string[] = [];
  const problems: string[] = [];
  const socket = new HeartbeatSocket({
    local,
    peer,
    interface: undefined,
    onDatagram: (bytes) => received.push(Buffer.from(bytes).toString()),
    onProblem: (text) => problems.push(text),
    ...changes,
  });
  endLater(() => socket.close());
  return { socket, received, problems };
}

async function expectTalk(a: Side, b: Side): Promise<void> {
  await waitFor(() => a.socket.isOpen && b.socket.isOpen, {
    what: () => [...a.problems, ...b.problems].join(),
  });
  a.socket.send(Buffer.from("from a"));
  b.socket.send(Buffer.from("from b"));
  await waitFor(() => a.received.length > 0 && b.received.length > 0);
  expect([...b.received, ...a.received]).toEqual(["from a", "from b"]);
}

describe("the socket of a heartbeat path", () => {
  test.each(["127.0.0.1", "::1"])("two of them talk over %s", async (host) => {
    const [one, two] = [await endpoint(host), await endpoint(host)];
    await expectTalk(side(one, two), side(two, one));
  });

  test("datagrams of others are not heard", async () => {
    const [one, two] = [await endpoint("127.0.0.1"), await endpoint("127.0.0.1")];
    const [a, b] = [side(one, two), side(two, one)];
    await waitFor(() => a.socket.isOpen && b.socket.isOpen);
    const stranger = createSocket("udp4");
    endLater(() => void stranger.close());
    await new Promise((resolve) => stranger.send("strange", one.port, one.host, resolve));
    b.socket.send(Buffer.from("from b"));
    await waitFor(() => a.received.length > 0);
    expect(a.received).toEqual(["from b"]);
  });

  test("it opens as soon as its address is free, and complains once", async () => {
    const [one, two] = [await endpoint("127.0.0.1"), await endpoint("127.0.0.1")];
    const occupant = createSocket("udp4");
    occupant.bind(one.port, one.host);
    await once(occupant, "listening");
    const [a, b] = [side(one, two), side(two, one)];
    await waitFor(() => a.problems.length > 0);
    a.socket.send(Buffer.from("lost"));
    expect(a.socket.isOpen).toBe(false);
    occupant.close();
    await expectTalk(a, b);
    expect(a.problems).toHaveLength(1);
    expect(a.problems[0]).toContain(`127.0.0.1:${one.port}: bind EADDRINUSE`);
  });

  // An ordinary user may tie a socket to an interface since Linux 5.7.
  test.skipIf(loadNative() === undefined)("tied to an interface by the native part", async () => {
    const [one, two] = [await endpoint("127.0.0.1"), await endpoint("127.0.0.1")];
    await expectTalk(side(one, two, { interface: "lo" }), side(two, one, { interface: "lo" }));
    const nowhere = side(await endpoint("127.0.0.1"), one, { interface: "tdnone0" });
    await waitFor(() => nowhere.problems.length > 0);
    expect(nowhere.problems[0]).toContain("SO_BINDTODEVICE");
  });

  test("without the native part, the address must be one of the interface", async () => {
    const [one, two] = [await endpoint("127.0.0.1"), await endpoint("127.0.0.1")];
    const plain = { native: undefined, interface: "lo" };
    await expectTalk(side(one, two, plain), side(two, one, plain));
    const nowhere = side(one, two, { native: undefined, interface: "tdnone0" });
    expect(nowhere.problems[0]).toContain("127.0.0.1 is not an address of tdnone0");
  });
});
