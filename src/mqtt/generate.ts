// mqtt-packet's way from a packet to its bytes, without its memory of numbers.
import { generate, writeToStream } from "mqtt-packet";

// From its first packet on it would keep a buffer for each number of 16 bits: 8 MiB.
writeToStream.cacheNumbers = false;

export { generate };
