/* Where the packets of one direction of MQTT begin (MQTT 5.0 §2.1), however their bytes are split. */
#ifndef TANDEM_FRAMES_H
#define TANDEM_FRAMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Types of packets: four bits. */
enum { FRAME_TYPES = 16 };

/* What comes next. From 1 to 4 it is that byte of the remaining length; as in src/mqtt/frames.ts. */
enum frame_stage { FRAME_BOUNDARY = 0, FRAME_LENGTH_LAST = 4, FRAME_BODY = 5, FRAME_OFF = 6 };

/* One direction. Belongs to one thread, but for the counts. */
struct frames {
    uint8_t stage;
    uint8_t type;
    uint32_t value; /* of the length so far, or the bytes of the body that are still to come */
    _Atomic uint64_t counts[FRAME_TYPES]; /* packets by type; readable from any thread */
};

/*
 * Takes bytes; how many. All, unless it `stops` at the first end of a packet. What cannot be MQTT
 * (a remaining length of more than four bytes, the reserved type 0) ends the framing for good.
 */
size_t frames_take(struct frames *frames, const uint8_t *bytes, size_t length, bool stops);

#endif
