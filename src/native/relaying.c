#include "relaying.h"

#include <errno.h>

#include "mover.h"
#include "values.h"

enum { SPEC_NUMBERS = 6 };

static bool read_spec(napi_env env, napi_value value, struct relay_spec *spec) {
    void *data;
    size_t count;
    if (!read_array(env, value, napi_float64_array, &data, &count)) return false;
    if (count < SPEC_NUMBERS) {
        napi_throw_range_error(env, NULL, "a relay's timeouts are six numbers");
        return false;
    }
    const double *numbers = data;
    spec->client_ms = (int64_t)numbers[0];
    spec->server_ms = (int64_t)numbers[1];
    spec->tunnel_ms = (int64_t)numbers[2];
    spec->client_fin_ms = (int64_t)numbers[3];
    spec->server_fin_ms = (int64_t)numbers[4];
    spec->reset_server_at_end = numbers[5] != 0;
    return true;
}

napi_value start_relay(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    int32_t client, server;
    struct relay_spec spec;
    double client_bytes, server_bytes;
    void *to_client, *to_server;
    size_t to_client_length, to_server_length;
    if (!read_arguments(env, info, 8, values) || !read_int(env, values[1], &client) ||
        !read_int(env, values[2], &server) || !read_spec(env, values[3], &spec) ||
        !read_double(env, values[4], &client_bytes) ||
        !read_double(env, values[5], &server_bytes) ||
        !read_array(env, values[6], napi_uint8_array, &to_client, &to_client_length) ||
        !read_array(env, values[7], napi_uint8_array, &to_server, &to_server_length)) {
        return NULL;
    }
    struct mover *mover = mover_of(env, values[0]);
    if (mover == NULL) return NULL;
    struct relay *relay = relay_make(client, server, &spec);
    if (relay == NULL) return to_int(env, -ENOMEM);
    relay->client.bytes = (uint64_t)client_bytes;
    relay->server.bytes = (uint64_t)server_bytes;
    int slot = -1;
    if (relay_queue(&relay->client, to_client, to_client_length) &&
        relay_queue(&relay->server, to_server, to_server_length)) {
        slot = mover_add_relay(mover, relay);
    }
    if (slot < 0) {
        relay_discard(relay);
        return to_int(env, -ENOMEM);
    }
    mover_unwatch(mover, client);
    mover_unwatch(mover, server);
    // Without memory for the command the relay waits for its end, by closeRelay() or with the mover.
    relay_thread_begin(mover_thread(mover), relay);
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
    if (relay != NULL) relay_thread_retime(mover_thread(mover), relay, &spec);
    return undefined(env);
}

napi_value close_relay(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    struct mover *mover;
    bool is_reset;
    if (!read_arguments(env, info, 3, values) || !read_bool(env, values[2], &is_reset)) return NULL;
    struct relay *relay = relay_of(env, values[0], values[1], &mover);
    if (relay != NULL) relay_thread_close(mover_thread(mover), relay, is_reset);
    return undefined(env);
}

napi_value count_relay(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    struct mover *mover;
    if (!read_arguments(env, info, 2, values)) return NULL;
    struct relay *relay = relay_of(env, values[0], values[1], &mover);
    if (relay == NULL) return undefined(env);
    double *scratch = mover_scratch(mover);
    scratch[0] = (double)relay->client.bytes;
    scratch[1] = (double)relay->server.bytes;
    scratch[2] = (double)relay->client.packets;
    scratch[3] = (double)relay->server.packets;
    return undefined(env);
}
