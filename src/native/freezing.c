#include "freezing.h"

#include <sys/epoll.h>

#include "mover.h"
#include "values.h"

void relay_freeze(struct engine *engine, struct relay *relay) {
    struct side *sides[] = {&relay->client, &relay->server};
    // One that is ending is told by its end; what it still has to send would not be worth a move.
    if (relay->open_count < 2 || relay->leave != LEAVE_NOT) return;
    for (int i = 0; i < 2; i++) {
        if (sides[i]->finishing || sides[i]->failure != 0) return;
    }
    for (int i = 0; i < 2; i++) epoll_ctl(engine->epoll, EPOLL_CTL_DEL, sides[i]->fd, NULL);
    relay_unlist_ready(engine, relay);
    wheel_remove(&engine->wheel, &relay->deadline);
    // From here on nothing touches the sockets, nor anything that is asked of the relay afterwards.
    relay->open_count = 0;
    relay->end = END_FROZEN;
    relay->next_ended = engine->ended;
    engine->ended = relay;
}

napi_value freeze_relay(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    struct relay *relay = next_relay(&call, mover);
    if (relay != NULL) relay_thread_freeze(relay->thread, relay);
    return NULL;
}

static double *write_frames(double *numbers, const struct frames *frames) {
    numbers[0] = frames == NULL ? FRAME_OFF : frames->stage;
    numbers[1] = frames == NULL ? 0 : frames->type;
    numbers[2] = frames == NULL ? 0 : frames->value;
    return numbers + 3;
}

/* What the kernel of a side has not taken, as a Buffer; `undefined` for nothing. */
static napi_value take_queue(napi_env env, const struct side *side) {
    napi_value buffer = NULL;
    size_t length = side->queue_end - side->queue_start;
    if (side->queue == NULL) napi_get_undefined(env, &buffer);
    else napi_create_buffer_copy(env, length, side->queue + side->queue_start, NULL, &buffer);
    return buffer;
}

napi_value take_frozen(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    struct relay *relay = next_relay(&call, mover);
    struct array room = next_array(&call, napi_float64_array);
    if (relay == NULL || relay->end != END_FROZEN || room.length < FROZEN_NUMBERS) {
        refuse_call(&call, "a frozen relay and room for its numbers were expected");
        return NULL;
    }
    napi_value result;
    double *numbers = room.data;
    numbers[0] = relay->client.fd;
    numbers[1] = relay->server.fd;
    numbers[2] = (double)relay->client.bytes;
    numbers[3] = (double)relay->server.bytes;
    numbers[4] = relay->client.frames != NULL && relay->server.frames != NULL;
    write_frames(write_frames(&numbers[5], relay->client.frames), relay->server.frames);
    napi_create_array_with_length(env, 2, &result);
    napi_set_element(env, result, 0, take_queue(env, &relay->client));
    napi_set_element(env, result, 1, take_queue(env, &relay->server));
    relay->client.fd = -1;
    relay->server.fd = -1;
    mover_drop_relay(mover, relay);
    return result;
}
