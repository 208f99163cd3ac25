#include "relaying.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mover.h"
#include "relay_memory.h"
#include "values.h"

/* Of a call; where among them the framing is: whether there is any, and both positions. */
enum { SPEC_NUMBERS = 14, FRAMING_AT = 7 };

/* Begins the framing of a side where its packets stand; false without memory. */
static bool begin_frames(struct side *side, const double *numbers) {
    side->frames = calloc(1, sizeof *side->frames);
    if (side->frames == NULL) return false;
    side->frames->stage = (uint8_t)numbers[0];
    side->frames->type = (uint8_t)numbers[1];
    side->frames->value = (uint32_t)numbers[2];
    return true;
}

/* Reads a relay's settings; all of its numbers, NULL when the call is refused. */
static const double *next_spec(struct call *call, struct relay_spec *spec) {
    struct array given = next_array(call, napi_float64_array);
    if (given.length < SPEC_NUMBERS) {
        refuse_call(call, "a relay's settings are more numbers than that");
        return NULL;
    }
    const double *numbers = given.data;
    spec->client_ms = (int64_t)numbers[0];
    spec->server_ms = (int64_t)numbers[1];
    spec->tunnel_ms = (int64_t)numbers[2];
    spec->client_fin_ms = (int64_t)numbers[3];
    spec->server_fin_ms = (int64_t)numbers[4];
    spec->reset_server_at_end = numbers[5] != 0;
    spec->is_client_heard = numbers[6] != 0;
    return numbers;
}

napi_value start_relay(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct relay_spec spec;
    struct mover *mover = next_mover(&call);
    int32_t client = next_int(&call), server = next_int(&call);
    const double *numbers = next_spec(&call, &spec);
    double client_bytes = next_double(&call), server_bytes = next_double(&call);
    struct array to_client = next_array(&call, napi_uint8_array);
    struct array to_server = next_array(&call, napi_uint8_array);
    bool is_client_watched = next_bool(&call), is_server_watched = next_bool(&call);
    if (call.is_refused) return NULL;
    struct relay *relay = relay_make(client, server, &spec);
    if (relay == NULL) return to_int(env, -ENOMEM);
    relay->client.bytes = (uint64_t)client_bytes;
    relay->server.bytes = (uint64_t)server_bytes;
    int slot = -1;
    bool has_memory = numbers[FRAMING_AT] == 0 ||
                      (begin_frames(&relay->client, &numbers[FRAMING_AT + 1]) &&
                       begin_frames(&relay->server, &numbers[FRAMING_AT + 4]));
    if (has_memory && relay_queue(&relay->client, to_client.data, to_client.length) &&
        relay_queue(&relay->server, to_server.data, to_server.length)) {
        slot = mover_add_relay(mover, relay);
    }
    if (slot < 0) {
        relay_discard(relay);
        return to_int(env, -ENOMEM);
    }
    if (is_client_watched) mover_unwatch(mover, client);
    if (is_server_watched) mover_unwatch(mover, server);
    // Without memory for the command the relay waits for its end, by closeRelay() or with the mover.
    relay_thread_begin(relay->thread, relay);
    return to_int(env, slot);
}

napi_value retime_relay(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct relay_spec spec;
    struct mover *mover = next_mover(&call);
    struct relay *relay = next_relay(&call, mover);
    next_spec(&call, &spec);
    if (relay != NULL && !call.is_refused) relay_thread_retime(relay->thread, relay, &spec);
    return NULL;
}

napi_value leave_relay(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    struct relay *relay = next_relay(&call, mover);
    struct array bytes = next_array(&call, napi_uint8_array);
    if (relay == NULL || call.is_refused) return NULL;
    // Without memory for it the client gets an end without a word.
    uint8_t *farewell = bytes.length == 0 ? NULL : malloc(bytes.length);
    if (farewell != NULL) memcpy(farewell, bytes.data, bytes.length);
    if (!relay_thread_leave(relay->thread, relay, farewell, bytes.length)) free(farewell);
    return NULL;
}

napi_value close_relay(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    struct relay *relay = next_relay(&call, mover);
    bool is_reset = next_bool(&call);
    if (relay != NULL && !call.is_refused) relay_thread_close(relay->thread, relay, is_reset);
    return NULL;
}

napi_value count_relay(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    struct relay *relay = next_relay(&call, mover);
    if (relay != NULL) relaying_write_totals(relay, mover_scratch(mover));
    return NULL;
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
