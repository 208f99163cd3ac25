import { writeToStream } from "mqtt-packet";
import { expect, test } from "vitest";
import { encodeConnect } from "../../../src/mqtt/own-connect.ts";

test("bytes are made without a buffer for each number", () => {
  const bytes = encodeConnect("device", { version: 4, keepaliveSeconds: 300 });
  expect([...bytes.subarray(10, 12)]).toEqual([300 >> 8, 300 & 255]);
  expect(writeToStream.cacheNumbers).toBe(false);
});
