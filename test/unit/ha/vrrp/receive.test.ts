import { describe, expect, test } from "vitest";
import type { InstanceConfiguration } from "../../../../ha/config/model/instance.ts";
import type { Advert } from "../../../../ha/vrrp/advert.ts";
import { encodeAdvert, type EncodeSettings } from "../../../../ha/vrrp/codec.ts";
import type { ReceivedPacket } from "../../../../ha/vrrp/packet.ts";
import { countVerdict, judgePacket, newCounters } from "../../../../ha/vrrp/receive.ts";
import {
  instanceConfiguration,
  vipConfiguration,
  type InstanceDraft,
} from "../../../support/agent-configuration.ts";
import { bytesOf, GOLDEN_VECTORS, ip } from "./golden-vectors.ts";

const SOURCE = ip("10.98.0.2");
const GROUP = ip("224.0.0.18");
const OWN = { source: ip("10.98.0.1") };
const SECRET = bytesOf("7365637265740000");

function instance(changes: InstanceDraft = {}): InstanceConfiguration {
  return instanceConfiguration({
    interface: "eth0",
    vrid: 51,
    version: 3,
    family: 4,
    advertIntervalMs: 1000,
    authentication: { kind: "none" },
    unicast: undefined,
    vips: [vipConfiguration("10.98.0.100")],
    checksumForm: "pseudo-header",
    ...changes,
  });
}

function packet(
  advert: Partial<Advert> = {},
  changes: Partial<ReceivedPacket> = {},
  settings: Partial<EncodeSettings> = {},
): ReceivedPacket {
  const source = changes.source ?? SOURCE;
  const destination = changes.destination ?? GROUP;
  const payload = encodeAdvert(
    {
      version: 3,
      family: 4,
      vrid: 51,
      priority: 100,
      intervalMs: 1000,
      vips: [ip("10.98.0.100")],
      ...advert,
    },
    {
      authentication: { kind: "none" },
      checksumForm: "pseudo-header",
      source,
      destination,
      ...settings,
    },
  );
  return { family: 4, interface: "eth0", ttl: 255, payload, source, destination, ...changes };
}

/** What the verdict is in one word: a reason, or the kinds of notes. */
function judge(own: InstanceConfiguration, received: ReceivedPacket): string {
  const verdict = judgePacket(own, received, OWN);
  if (verdict.kind === "drop") return verdict.reason;
  return ["accept", ...verdict.notes.map(({ kind }) => kind)].join(" ");
}

const UNICAST = {
  ttl: 255,
  checksSource: true,
  peers: [{ address: SOURCE, minTtl: undefined, maxTtl: undefined }],
};
const UNICAST_PACKET = { destination: OWN.source };

describe("RFC 9568 §7.1: the receiver", () => {
  test("takes what is right", () => {
    expect(judgePacket(instance(), packet(), OWN)).toEqual({
      kind: "accept",
      notes: [],
      advert: {
        version: 3,
        family: 4,
        vrid: 51,
        priority: 100,
        intervalMs: 1000,
        vips: [ip("10.98.0.100")],
      },
    });
  });

  test("verifies that the TTL is 255", () => {
    expect(judge(instance(), packet({}, { ttl: 254 }))).toBe("ttl");
    expect(judge(instance(), packet({}, { ttl: undefined }))).toBe("accept");
  });

  test("verifies the version", () => {
    expect(judge(instance(), packet({ version: 2 }))).toBe("version");
    expect(judge(instance({ version: 2 }), packet())).toBe("version");
  });

  test("verifies the VRID", () => {
    expect(judge(instance(), packet({ vrid: 52 }))).toBe("vrid");
  });

  test("takes both forms of checksum, and tells of the one that is not ours", () => {
    const rfc = packet({}, {}, { checksumForm: "rfc9568" });
    expect(judge(instance(), rfc)).toBe("accept checksum-form");
    expect(judge(instance({ checksumForm: "rfc9568" }), rfc)).toBe("accept");
    expect(judge(instance({ checksumForm: "rfc9568" }), packet())).toBe("accept checksum-form");
  });

  test("a v3 interval that is not ours is no reason to drop", () => {
    expect(judge(instance(), packet({ intervalMs: 500 }))).toBe("accept interval");
  });

  test("ignores an advert without VIPs (§5.2.5)", () => {
    expect(judge(instance(), packet({ vips: [] }))).toBe("count");
    expect(judge(instance({ vips: [] }), packet({ vips: [] }))).toBe("accept");
  });
});

describe("version 2", () => {
  const two = instance({ version: 2 });
  const pass = instance({ version: 2, authentication: { kind: "pass", password: SECRET } });
  const withPass = { authentication: { kind: "pass", password: SECRET } } as const;

  test("authentication must be of the same kind and the same", () => {
    const other = {
      authentication: { kind: "pass", password: bytesOf("7365637265740001") },
    } as const;
    expect(judge(two, packet({ version: 2 }))).toBe("accept");
    expect(judge(pass, packet({ version: 2 }, {}, withPass))).toBe("accept");
    expect(judge(pass, packet({ version: 2 }))).toBe("auth-type-mismatch");
    expect(judge(two, packet({ version: 2 }, {}, withPass))).toBe("auth-type-mismatch");
    expect(judge(pass, packet({ version: 2 }, {}, other))).toBe("auth-failure");
  });

  test("a password is never told", () => {
    const verdict = judgePacket(pass, packet({ version: 2 }, {}, withPass), OWN);
    expect(JSON.stringify(verdict)).not.toContain("secret");
  });

  test("an authentication type that no RFC names", () => {
    const { payload, ...rest } = packet({ version: 2 });
    payload[4] = 9;
    // The checksum field makes up for the higher type byte.
    const view = new DataView(payload.buffer);
    view.setUint16(6, view.getUint16(6) - 0x900);
    expect(judge(two, { ...rest, payload })).toBe("auth-type-invalid");
  });

  test("another interval or another list is loud, and no second master", () => {
    expect(judge(two, packet({ version: 2, intervalMs: 3000 }))).toBe("accept interval");
    const other = packet({ version: 2, vips: [ip("10.98.0.101")] });
    expect(judge(two, other)).toBe("accept vip-list");
    expect(judge(two, packet({ version: 2, vips: [] }))).toBe("accept vip-list");
  });
});

describe("lists of VIPs", () => {
  const vips = ["10.98.0.100", "10.98.0.101"].map((text) => vipConfiguration(text));

  test("their order means nothing", () => {
    const turned = packet({ vips: [ip("10.98.0.101"), ip("10.98.0.100")] });
    expect(judge(instance({ vips }), turned)).toBe("accept");
  });

  test("the text names what only one side has", () => {
    const verdict = judgePacket(
      instance({ vips }),
      packet({ vips: [ip("10.98.0.100"), ip("10.98.0.102")] }),
      OWN,
    );
    expect(verdict).toMatchObject({ kind: "accept", notes: [{ kind: "vip-list" }] });
    expect(JSON.stringify(verdict)).toContain(
      "only here: 10.98.0.101; only at the sender: 10.98.0.102",
    );
  });
});

describe("unicast", () => {
  const own = instance({ unicast: UNICAST });

  test("multicast and unicast do not mix", () => {
    expect(judge(own, packet({}, UNICAST_PACKET))).toBe("accept");
    expect(judge(own, packet())).toBe("mode");
    expect(judge(instance(), packet({}, UNICAST_PACKET))).toBe("mode");
  });

  test("strangers are dropped when check_unicast_src says so", () => {
    const stranger = packet({}, { ...UNICAST_PACKET, source: ip("10.98.0.9") });
    expect(judge(own, stranger)).toBe("not-a-peer");
    expect(judge(instance({ unicast: { ...UNICAST, checksSource: false } }), stranger)).toBe(
      "accept",
    );
  });

  test("the TTL matters only within min_ttl and max_ttl", () => {
    const far = packet({}, { ...UNICAST_PACKET, ttl: 60 });
    expect(judge(own, far)).toBe("accept");
    const peers = [{ address: SOURCE, minTtl: 254, maxTtl: 255 }];
    expect(judge(instance({ unicast: { ...UNICAST, peers } }), far)).toBe("ttl");
  });
});

describe("our own address", () => {
  const mine = { source: OWN.source };
  test("our resignation that comes back is dropped, anything else is noted", () => {
    expect(judge(instance(), packet({ priority: 0 }, mine))).toBe("own-address");
    expect(judge(instance(), packet({ priority: 200 }, mine))).toBe("accept own-address");
  });
});

test("IPv6", () => {
  const vector = GOLDEN_VECTORS.find(({ name }) => name === "v3, IPv6")!;
  const own = instance({ family: 6, vips: [vipConfiguration("fe80::100")] });
  const received: ReceivedPacket = {
    family: 6,
    interface: "eth0",
    source: vector.source,
    destination: undefined,
    ttl: undefined,
    payload: bytesOf(vector.message),
  };
  expect(judge(own, received)).toBe("accept");
  expect(judge(instance(), received)).toBe("version");
});

test("CARP is told apart, in both versions", () => {
  const carp = { payload: bytesOf(`21330007000167890000000000000000${"5a".repeat(20)}`) };
  expect(judge(instance({ version: 2 }), packet({}, carp))).toBe("carp");
  expect(judge(instance(), packet({}, carp))).toBe("carp");
});

test("verdicts are counted", () => {
  const counters = newCounters();
  const received = [
    packet(),
    packet({ intervalMs: 500, vips: [ip("10.98.0.7")] }),
    packet({}, { ttl: 3 }),
    packet({}, { payload: new Uint8Array(3) }),
  ];
  for (const one of received) countVerdict(counters, judgePacket(instance(), one, OWN));
  expect(counters).toEqual({
    ...newCounters(),
    received: 2,
    intervalErrors: 1,
    addressListErrors: 1,
    ttlErrors: 1,
    lengthErrors: 1,
  });
});
