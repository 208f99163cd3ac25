#include "frames.h"

/* Counts a packet. Only one thread writes, so that it need not be one operation. */
static void count_packet(struct frames *frames) {
    _Atomic uint64_t *count = &frames->counts[frames->type];
    uint64_t before = atomic_load_explicit(count, memory_order_relaxed);
    atomic_store_explicit(count, before + 1, memory_order_relaxed);
}

/* Takes one byte of a remaining length (MQTT 5.0 §1.5.5). */
static void take_length(struct frames *frames, uint8_t byte) {
    frames->value |= (uint32_t)(byte & 0x7f) << (7 * (frames->stage - 1));
    if (byte & 0x80) {
        frames->stage = frames->stage == FRAME_LENGTH_LAST ? FRAME_OFF : frames->stage + 1;
        return;
    }
    count_packet(frames);
    frames->stage = frames->value == 0 ? FRAME_BOUNDARY : FRAME_BODY;
}

size_t frames_take(struct frames *frames, const uint8_t *bytes, size_t length, bool stops) {
    size_t at = 0;
    while (at < length) {
        if (frames->stage == FRAME_OFF) return length;
        if (frames->stage == FRAME_BODY) {
            size_t rest = length - at;
            if (frames->value > rest) {
                frames->value -= (uint32_t)rest;
                return length;
            }
            at += frames->value;
            frames->stage = FRAME_BOUNDARY;
        } else if (frames->stage == FRAME_BOUNDARY) {
            frames->type = bytes[at++] >> 4;
            frames->value = 0;
            frames->stage = frames->type == 0 ? FRAME_OFF : 1;
            continue;
        } else {
            take_length(frames, bytes[at++]);
        }
        if (stops && frames->stage == FRAME_BOUNDARY) return at;
    }
    return at;
}
