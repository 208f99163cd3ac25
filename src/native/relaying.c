#include "relaying.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mover.h"
#include "relay_memory.h"
#include "values.h"

/* Of a call; where among them the framing is: whether there is any, and both positions. */
enum { SPEC_NUMBERS = 14, FRAMING_AT = 7 };

/* Reads at least `count_min` numbers; NULL with an error pending when there are fewer. */
static const double *read_numbers(napi_env env, napi_value value, size_t count_min) {
    void *data;
    size_t count;
    if (!read_array(env, value, napi_float64_array, &data, &count)) return NULL;
    if (count >= count_min) return data;
    napi_throw_range_error(env, NULL, "a relay's settings are more numbers than that");
    return NULL;
}

/* Begins the framing of a side where its packets stand; false without memory. */
static bool begin_frames(struct side *side, const double *numbers) {
    side->frames = calloc(1, sizeof *side->frames);
    if (side->frames == NULL) return false;
    side->frames->stage = (uint8_t)numbers[0];
    side->frames->type = (uint8_t)numbers[1];
    side->frames->value = (uint32_t)numbers[2];
    return true;
}

static bool read_spec(napi_env env, napi_value value, struct relay_spec *spec) {
    const double *numbers = read_numbers(env, value, SPEC_NUMBERS);
    if (numbers == NULL) return false;
    spec->client_ms = (int64_t)numbers[0];
    spec->server_ms = (int64_t)numbers[1];
    spec->tunnel_ms = (int64_t)numbers[2];
    spec->client_fin_ms = (int64_t)numbers[3];
    spec->server_fin_ms = (int64_t)numbers[4];
    spec->reset_server_at_end = numbers[5] != 0;
    spec->is_client_heard = numbers[6] != 0;
    return true;
}

napi_value start_relay(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    int32_t client, server;
    bool is_client_watched;
    struct relay_spec spec;
    double client_bytes, server_bytes;
    void *to_client, *to_server;
    size_t to_client_length, to_server_length;
    if (!read_arguments(env, info, 9, values) || !read_int(env, values[1], &client) ||
        !read_int(env, values[2], &server) || !read_spec(env, values[3], &spec) ||
        !read_double(env, values[4], &client_bytes) ||
        !read_double(env, values[5], &server_bytes) ||
        !read_array(env, values[6], napi_uint8_array, &to_client, &to_client_length) ||
        !read_array(env, values[7], napi_uint8_array, &to_server, &to_server_length) ||
        !read_bool(env, values[8], &is_client_watched)) {
        return NULL;
    }
    struct mover *mover = mover_of(env, values[0]);
    const double *numbers = read_numbers(env, values[3], SPEC_NUMBERS);
    if (mover == NULL || numbers == NULL) return NULL;
    struct relay *relay = relay_make(client, server, &spec);
    if (relay == NULL) return to_int(env, -ENOMEM);
    bool is_framed = numbers[FRAMING_AT] != 0;
    relay->client.bytes = (uint64_t)client_bytes;
    relay->server.bytes = (uint64_t)server_bytes;
    int slot = -1;
    bool has_memory = !is_framed || (begin_frames(&relay->client, &numbers[FRAMING_AT + 1]) &&
                                     begin_frames(&relay->server, &numbers[FRAMING_AT + 4]));
    if (has_memory && relay_queue(&relay->client, to_client, to_client_length) &&
        relay_queue(&relay->server, to_server, to_server_length)) {
        slot = mover_add_relay(mover, relay);
    }
    if (slot < 0) {
        relay_discard(relay);
        return to_int(env, -ENOMEM);
    }
    if (is_client_watched) mover_unwatch(mover, client);
    mover_unwatch(mover, server);
    // Without memory for the command the relay waits for its end, by closeRelay() or with the mover.
    relay_thread_begin(mover_thread(mover, relay), relay);
    return to_int(env, slot);
}

/* The relay of a slot; NULL when it has ended, or with an error pending. */
static struct relay *relay_of(napi_env env, napi_value mover_value, napi_value slot_value,
                              struct mover **mover) {
    int32_t slot;
    *mover = mover_of(env, mover_value);
    if (*mover == NULL || !read_int(env, slot_value, &slot)) return NULL;
    return mover_relay(*mover, slot);
}

napi_value retime_relay(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    struct mover *mover;
    struct relay_spec spec;
    if (!read_arguments(env, info, 3, values) || !read_spec(env, values[2], &spec)) return NULL;
    struct relay *relay = relay_of(env, values[0], values[1], &mover);
    if (relay != NULL) relay_thread_retime(mover_thread(mover, relay), relay, &spec);
    return undefined(env);
}

napi_value leave_relay(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    struct mover *mover;
    void *bytes;
    size_t length;
    if (!read_arguments(env, info, 3, values) ||
        !read_array(env, values[2], napi_uint8_array, &bytes, &length)) {
        return NULL;
    }
    struct relay *relay = relay_of(env, values[0], values[1], &mover);
    if (relay == NULL) return undefined(env);
    // Without memory for it the client gets an end without a word.
    uint8_t *farewell = length == 0 ? NULL : malloc(length);
    if (farewell != NULL) memcpy(farewell, bytes, length);
    if (!relay_thread_leave(mover_thread(mover, relay), relay, farewell, length)) free(farewell);
    return undefined(env);
}

napi_value close_relay(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    struct mover *mover;
    bool is_reset;
    if (!read_arguments(env, info, 3, values) || !read_bool(env, values[2], &is_reset)) return NULL;
    struct relay *relay = relay_of(env, values[0], values[1], &mover);
    if (relay != NULL) relay_thread_close(mover_thread(mover, relay), relay, is_reset);
    return undefined(env);
}

napi_value count_relay(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    struct mover *mover;
    if (!read_arguments(env, info, 2, values)) return NULL;
    struct relay *relay = relay_of(env, values[0], values[1], &mover);
    if (relay == NULL) return undefined(env);
    relaying_write_totals(relay, mover_scratch(mover));
    return undefined(env);
}

void relaying_write_totals(const struct relay *relay, double *totals) {
    totals[0] = (double)relay->client.bytes;
    totals[1] = (double)relay->server.bytes;
    totals[2] = (double)relay->client.packets;
    totals[3] = (double)relay->server.packets;
    if (relay->client.frames == NULL || relay->server.frames == NULL) return;
    for (int type = 0; type < FRAME_TYPES; type++) {
        totals[4 + type] = (double)relay->client.frames->counts[type];
        totals[4 + FRAME_TYPES + type] = (double)relay->server.frames->counts[type];
    }
}
