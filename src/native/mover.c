#include "mover.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "address.h"
#include "descriptor.h"
#include "relay_slots.h"
#include "relaying.h"
#include "values.h"

/* Connections that one listener may hand over in one go. */
enum { ACCEPT_BATCH_MAX = 64 };

/* Descriptors below the limit of the process from where on they are handed over one by one, so that
 * a full process can pause before the rest of the kernel's queue has taken what is left. */
enum { DESCRIPTORS_SPARED = 32 };

/* Numbers of `scratch`. */
enum { SCRATCH_NUMBERS = TOTALS_PER_RECORD };

/* What openMover() is given and the mover refers to: the listener, and the arrays. */
enum { ON_RECORDS, SHARED_VALUES = 5 };

static const napi_type_tag MOVER_TAG = {0x74616e64656d6d6f, 0x76657230303030b1};

struct mover {
    napi_env env;
    napi_ref shared[SHARED_VALUES]; /* keep the memory of the arrays below */
    napi_async_context context;
    napi_async_cleanup_hook_handle cleanup;
    int32_t *records;
    double *totals;
    uint8_t *buffer;
    size_t buffer_size;
    double *scratch;
    int count; /* records in use */
    int epoll;
    int batch_fd_max; /* a batch ends with a descriptor above it */
    int32_t generation; /* of what was watched last; tells apart connections of the same descriptor */
    uv_poll_t poll;
    uv_async_t async;
    int open_handles; /* of the two above; the memory is freed when both are closed and no value names it */
    bool is_closed;
    bool is_unnamed;
    struct relay_thread *threads[THREADS_MAX]; /* the first `thread_count`; none ends before the mover */
    int thread_count;
    int chosen_threads; /* how many of them get new relays, by turns */
    int next_thread;
    struct relay_slots slots;
};

/* A watched descriptor as epoll's data: generation, whether it listens, number. */
static uint64_t pack(int fd, int32_t generation, bool is_listener) {
    return (uint64_t)generation << 32 | (is_listener ? UINT64_C(1) << 31 : 0) | (uint32_t)fd;
}

/* --- records -------------------------------------------------------------------------------- */

/* Tells what is in the records. An exception of the listener is an uncaught one. */
static void tell(struct mover *mover) {
    if (mover->count == 0 || mover->is_closed) return;
    napi_env env = mover->env;
    napi_handle_scope scope;
    if (napi_open_handle_scope(env, &scope) != napi_ok) return;
    napi_value receiver, function, count, error;
    napi_create_int32(env, mover->count, &count);
    mover->count = 0;
    napi_get_global(env, &receiver);
    napi_get_reference_value(env, mover->shared[ON_RECORDS], &function);
    if (napi_make_callback(env, mover->context, receiver, function, 1, &count, NULL) ==
            napi_pending_exception &&
        napi_get_and_clear_last_exception(env, &error) == napi_ok) {
        napi_fatal_exception(env, error);
    }
    napi_close_handle_scope(env, scope);
}

static int32_t *next_record(struct mover *mover, enum record_kind kind) {
    int32_t *record = &mover->records[mover->count++ * RECORD_WORDS];
    record[0] = kind;
    return record;
}

static void accept_batch(struct mover *mover, int listener, int32_t generation) {
    for (int i = 0; i < ACCEPT_BATCH_MAX && mover->count < RECORDS_MAX; i++) {
        struct address from = {.size = sizeof from.room};
        int fd = accept4(listener, &from.any, &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        int error = fd < 0 ? errno : 0;
        if (error == EAGAIN) return;
        if (error == EINTR || error == ECONNABORTED) continue;
        int32_t *record = next_record(mover, error == 0 ? RECORD_ACCEPTED : RECORD_ACCEPT_FAILED);
        record[1] = listener;
        record[2] = generation;
        record[3] = error == 0 ? fd : error;
        if (error != 0) return;
        address_write(&from, &record[4]);
        if (fd > mover->batch_fd_max) return;
    }
}

static void note_ready(struct mover *mover, int fd, int32_t generation, uint32_t events) {
    int32_t *record = next_record(mover, RECORD_READY);
    record[1] = fd;
    record[2] = generation;
    record[3] = 0;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) record[3] |= READY_READ;
    if (events & EPOLLOUT) record[3] |= READY_WRITE;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) record[3] |= READY_END;
    record[4] = events & EPOLLERR ? descriptor_error(fd) : 0;
}

static void on_poll(uv_poll_t *poll, int status, int events) {
    struct mover *mover = poll->data;
    (void)status;
    (void)events;
    if (mover->is_closed) return;
    struct epoll_event ready[RECORDS_MAX];
    int count = epoll_wait(mover->epoll, ready, RECORDS_MAX, 0);
    // What listens goes last: its records take the room that others leave.
    for (int listens = 0; listens < 2; listens++) {
        for (int i = 0; i < count; i++) {
            uint64_t data = ready[i].data.u64;
            int fd = (int)(data & INT32_MAX);
            int32_t generation = (int32_t)(data >> 32);
            if ((int)(data >> 31 & 1) != listens) continue;
            if (listens) accept_batch(mover, fd, generation);
            else note_ready(mover, fd, generation, ready[i].events);
        }
    }
    tell(mover);
}

/* Takes back what a thread has ended: counters first, then the memory is the thread's to free. */
static void tell_ended(struct mover *mover, struct relay *relay) {
    while (relay != NULL && !mover->is_closed) {
        struct relay *next = relay->next_ended;
        double *totals = &mover->totals[mover->count * TOTALS_PER_RECORD];
        int32_t *record = next_record(mover, RECORD_ENDED);
        record[1] = relay->slot;
        record[2] = relay->end;
        record[3] = relay->error;
        relaying_write_totals(relay, totals);
        // A frozen one keeps its slot until it is taken.
        if (relay->end != END_FROZEN) mover_drop_relay(mover, relay);
        relay = next;
        if (mover->count == RECORDS_MAX || relay == NULL) tell(mover);
    }
}

static void on_ended(uv_async_t *async) {
    struct mover *mover = async->data;
    for (int i = 0; i < mover->thread_count && !mover->is_closed; i++) {
        tell_ended(mover, relay_thread_take_ended(mover->threads[i]));
    }
}

/* --- what other parts use ------------------------------------------------------------------- */

/* Connections by edges: each change is told once. */
static const uint32_t EVENTS[] = {
    [WATCH_NEWCOMERS] = EPOLLIN,
    [WATCH_READS] = EPOLLIN | EPOLLRDHUP | EPOLLET,
    [WATCH_ALL] = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
};

static bool control(struct mover *mover, int operation, int fd, int32_t generation,
                    enum watch what) {
    struct epoll_event event = {.events = EVENTS[what],
                                .data.u64 = pack(fd, generation, what <= WATCH_NEWCOMERS)};
    return epoll_ctl(mover->epoll, operation, fd, &event) == 0;
}

int32_t mover_watch(struct mover *mover, int fd, enum watch what) {
    mover->generation = mover->generation == INT32_MAX ? 1 : mover->generation + 1;
    return control(mover, EPOLL_CTL_ADD, fd, mover->generation, what) ? mover->generation : -1;
}

void mover_rewatch(struct mover *mover, int fd, int32_t generation, enum watch what) {
    control(mover, EPOLL_CTL_MOD, fd, generation, what);
}

void mover_unwatch(struct mover *mover, int fd) {
    epoll_ctl(mover->epoll, EPOLL_CTL_DEL, fd, NULL);
}

uint8_t *mover_buffer(struct mover *mover, size_t *size) {
    *size = mover->buffer_size;
    return mover->buffer;
}

double *mover_scratch(struct mover *mover) { return mover->scratch; }

int mover_add_relay(struct mover *mover, struct relay *relay) {
    relay->thread = mover->threads[mover->next_thread];
    mover->next_thread = (mover->next_thread + 1) % mover->chosen_threads;
    return slots_add(&mover->slots, relay);
}

void mover_drop_relay(struct mover *mover, struct relay *relay) {
    slots_drop(&mover->slots, relay);
    // Without memory for the command it is freed with the thread.
    relay_thread_forget(relay->thread, relay);
}

struct relay *next_relay(struct call *call, struct mover *mover) {
    int32_t slot = next_int(call);
    return call->is_refused ? NULL : slots_find(&mover->slots, slot);
}

/* --- life ----------------------------------------------------------------------------------- */

static void free_if_unused(struct mover *mover) {
    if (mover->open_handles > 0 || !mover->is_unnamed) return;
    slots_free(&mover->slots);
    free(mover);
}

static void on_handle_closed(uv_handle_t *handle) {
    struct mover *mover = handle->data;
    if (--mover->open_handles > 0) return;
    close(mover->epoll);
    napi_async_cleanup_hook_handle cleanup = mover->cleanup;
    free_if_unused(mover);
    if (cleanup != NULL) napi_remove_async_cleanup_hook(cleanup);
}

static void close_now(struct mover *mover) {
    if (mover->is_closed) return;
    mover->is_closed = true;
    for (int i = 0; i < mover->thread_count; i++) relay_thread_stop(mover->threads[i]);
    mover->thread_count = 0;
    uv_poll_stop(&mover->poll);
    uv_close((uv_handle_t *)&mover->poll, on_handle_closed);
    uv_close((uv_handle_t *)&mover->async, on_handle_closed);
    for (int i = 0; i < SHARED_VALUES; i++) napi_delete_reference(mover->env, mover->shared[i]);
    napi_async_destroy(mover->env, mover->context);
}

/* The environment ends before JavaScript has closed the mover. */
static void on_cleanup(napi_async_cleanup_hook_handle handle, void *data) {
    (void)handle;
    close_now(data);
}

static void on_unnamed(napi_env env, void *data, void *hint) {
    struct mover *mover = data;
    (void)env;
    (void)hint;
    mover->is_unnamed = true;
    close_now(mover);
    free_if_unused(mover);
}

static void wake_loop(void *context) {
    struct mover *mover = context;
    uv_async_send(&mover->async);
}

struct mover *next_mover(struct call *call) {
    napi_value value = next_value(call);
    bool is_mover = false;
    void *data = NULL;
    if (napi_check_object_type_tag(call->env, value, &MOVER_TAG, &is_mover) == napi_ok &&
        is_mover && napi_get_value_external(call->env, value, &data) == napi_ok) {
        struct mover *mover = data;
        if (!mover->is_closed) return mover;
    }
    refuse_call(call, "an open mover was expected");
    return NULL;
}

/* Takes what is shared with JavaScript, without referring to it yet. */
static void take_shared(struct mover *mover, struct call *call) {
    napi_valuetype type = napi_undefined;
    napi_typeof(call->env, next_value(call), &type);
    if (type != napi_function) refuse_call(call, "a function was expected");
    struct array records = next_array(call, napi_int32_array);
    struct array totals = next_array(call, napi_float64_array);
    struct array buffer = next_array(call, napi_uint8_array);
    struct array scratch = next_array(call, napi_float64_array);
    if (records.length < RECORDS_MAX * RECORD_WORDS || scratch.length < SCRATCH_NUMBERS ||
        totals.length < RECORDS_MAX * TOTALS_PER_RECORD || buffer.length == 0) {
        refuse_call(call, "an array of the mover is too short");
    }
    mover->records = records.data;
    mover->totals = totals.data;
    mover->buffer = buffer.data;
    mover->buffer_size = buffer.length;
    mover->scratch = scratch.data;
}

/* Starts threads until there are so many, and gives new relays to them; false with errno. */
static bool start_threads(struct mover *mover, int count) {
    while (mover->thread_count < count) {
        struct relay_thread *thread = relay_thread_start(wake_loop, mover);
        if (thread == NULL) return false;
        mover->threads[mover->thread_count++] = thread;
    }
    mover->chosen_threads = count;
    mover->next_thread = 0;
    return true;
}

static bool start(struct mover *mover) {
    uv_loop_t *loop;
    if (napi_get_uv_event_loop(mover->env, &loop) != napi_ok) return false;
    struct rlimit limit;
    bool is_limited = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < INT_MAX;
    mover->batch_fd_max = is_limited ? (int)limit.rlim_cur - DESCRIPTORS_SPARED : INT_MAX;
    mover->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (mover->epoll < 0) return false;
    // The handle must stand before the thread that uses it.
    if (uv_poll_init(loop, &mover->poll, mover->epoll) != 0) {
        close(mover->epoll);
        return false;
    }
    mover->open_handles = 2;
    mover->poll.data = mover;
    mover->async.data = mover;
    uv_async_init(loop, &mover->async, on_ended);
    uv_unref((uv_handle_t *)&mover->poll);
    uv_unref((uv_handle_t *)&mover->async);
    if (!start_threads(mover, 1)) {
        mover->is_closed = true;
        uv_close((uv_handle_t *)&mover->poll, on_handle_closed);
        uv_close((uv_handle_t *)&mover->async, on_handle_closed);
        return false;
    }
    uv_poll_start(&mover->poll, UV_READABLE, on_poll);
    return true;
}

napi_value open_mover(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    napi_value result, name;
    struct mover *mover = calloc(1, sizeof *mover);
    if (mover == NULL) return NULL;
    mover->env = env;
    slots_start(&mover->slots);
    mover->is_unnamed = true;
    take_shared(mover, &call);
    if (call.is_refused) {
        free(mover);
        return NULL;
    }
    if (!start(mover)) {
        napi_throw_error(env, NULL, "the system refuses a thread, an epoll set or an eventfd");
        free_if_unused(mover);
        return NULL;
    }
    mover->is_unnamed = false;
    for (int i = 0; i < SHARED_VALUES; i++) {
        napi_create_reference(env, call.values[i], 1, &mover->shared[i]);
    }
    napi_create_string_utf8(env, "tandem:mover", NAPI_AUTO_LENGTH, &name);
    napi_async_init(env, NULL, name, &mover->context);
    napi_create_external(env, mover, on_unnamed, NULL, &result);
    napi_type_tag_object(env, result, &MOVER_TAG);
    napi_add_async_cleanup_hook(env, on_cleanup, mover, &mover->cleanup);
    return result;
}

napi_value close_mover(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    if (!call.is_refused) close_now(mover);
    return NULL;
}

napi_value set_threads(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t count = next_int(&call);
    if (call.is_refused) return NULL;
    if (count < 1 || count > THREADS_MAX) return to_int(env, -EINVAL);
    return to_int(env, start_threads(mover, count) ? 0 : -errno);
}

napi_value hold_mover(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    bool is_held = next_bool(&call);
    if (call.is_refused) return NULL;
    if (is_held) uv_ref((uv_handle_t *)&mover->poll);
    else uv_unref((uv_handle_t *)&mover->poll);
    return NULL;
}
