#include "relay_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "freezing.h"

enum { EVENTS_MAX = 256, FORGET_BATCH = 64 };

enum command_kind { BEGIN, RETIME, LEAVE, CLOSE, RESET, FREEZE, FORGET, STOP };

struct command {
    enum command_kind kind;
    struct relay *relay;
    union {
        struct relay_spec spec; /* of RETIME */
        struct {
            uint8_t *bytes;
            size_t length;
        } farewell; /* of LEAVE, which owns it */
    };
};

/* Commands in order; grows as needed, and is reused. */
struct commands {
    struct command *list;
    size_t count;
    size_t capacity;
};

struct relay_thread {
    pthread_t id;
    int epoll;
    int wake; /* an eventfd in `epoll` */
    void (*on_ended)(void *context);
    void *context;
    struct engine engine; /* of the thread alone */
    struct commands current; /* of the thread alone */
    /* The thread waits, or is about to: a command must wake it. Becomes true under the lock only. */
    atomic_bool asleep;
    pthread_mutex_t lock; /* of everything below */
    struct commands inbox;
    struct relay *outbox; /* newest first */
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- from the other thread ------------------------------------------------------------------ */

static bool give(struct relay_thread *thread, struct command command) {
    pthread_mutex_lock(&thread->lock);
    struct commands *inbox = &thread->inbox;
    if (inbox->count == inbox->capacity) {
        size_t capacity = inbox->capacity == 0 ? 64 : 2 * inbox->capacity;
        struct command *list = realloc(inbox->list, capacity * sizeof *list);
        if (list == NULL) {
            pthread_mutex_unlock(&thread->lock);
            return false;
        }
        inbox->list = list;
        inbox->capacity = capacity;
    }
    inbox->list[inbox->count++] = command;
    // What only frees memory can wait for the next occasion.
    bool is_urgent = command.kind != FORGET || inbox->count >= FORGET_BATCH;
    bool must_wake = is_urgent && atomic_exchange(&thread->asleep, false);
    pthread_mutex_unlock(&thread->lock);
    uint64_t one = 1;
    if (must_wake && write(thread->wake, &one, sizeof one) < 0) return false;
    return true;
}

bool relay_thread_begin(struct relay_thread *thread, struct relay *relay) {
    return give(thread, (struct command){.kind = BEGIN, .relay = relay});
}

bool relay_thread_retime(struct relay_thread *thread, struct relay *relay,
                         const struct relay_spec *spec) {
    return give(thread, (struct command){.kind = RETIME, .relay = relay, .spec = *spec});
}

bool relay_thread_leave(struct relay_thread *thread, struct relay *relay, uint8_t *farewell,
                        size_t length) {
    struct command command = {.kind = LEAVE, .relay = relay};
    command.farewell.bytes = farewell;
    command.farewell.length = length;
    return give(thread, command);
}

bool relay_thread_close(struct relay_thread *thread, struct relay *relay, bool is_reset) {
    return give(thread, (struct command){.kind = is_reset ? RESET : CLOSE, .relay = relay});
}

bool relay_thread_freeze(struct relay_thread *thread, struct relay *relay) {
    return give(thread, (struct command){.kind = FREEZE, .relay = relay});
}

bool relay_thread_forget(struct relay_thread *thread, struct relay *relay) {
    return give(thread, (struct command){.kind = FORGET, .relay = relay});
}

struct relay *relay_thread_take_ended(struct relay_thread *thread) {
    pthread_mutex_lock(&thread->lock);
    struct relay *newest = thread->outbox;
    thread->outbox = NULL;
    pthread_mutex_unlock(&thread->lock);
    struct relay *oldest = NULL;
    while (newest != NULL) {
        struct relay *next = newest->next_ended;
        newest->next_ended = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* --- on the thread -------------------------------------------------------------------------- */

/* Carries out what has been asked for; false once it is to stop. */
static bool run_commands(struct relay_thread *thread) {
    struct engine *engine = &thread->engine;
    bool goes_on = true;
    for (size_t i = 0; i < thread->current.count; i++) {
        struct command *command = &thread->current.list[i];
        switch (command->kind) {
        case BEGIN: relay_begin(engine, command->relay); break;
        case RETIME: relay_retime(engine, command->relay, &command->spec); break;
        case LEAVE:
            relay_leave(engine, command->relay, command->farewell.bytes, command->farewell.length);
            break;
        case CLOSE: relay_close(engine, command->relay, false); break;
        case RESET: relay_close(engine, command->relay, true); break;
        case FREEZE: relay_freeze(engine, command->relay); break;
        case FORGET: relay_free(engine, command->relay); break;
        case STOP: goes_on = false; break;
        }
    }
    thread->current.count = 0;
    return goes_on;
}

/* Puts what has ended into the outbox. */
static void post_ended(struct relay_thread *thread) {
    struct relay *ended = thread->engine.ended;
    if (ended == NULL) return;
    thread->engine.ended = NULL;
    struct relay *last = ended;
    while (last->next_ended != NULL) last = last->next_ended;
    pthread_mutex_lock(&thread->lock);
    bool was_empty = thread->outbox == NULL;
    last->next_ended = thread->outbox;
    thread->outbox = ended;
    pthread_mutex_unlock(&thread->lock);
    if (was_empty) thread->on_ended(thread->context);
}

/* Swaps the inbox for the empty list; whether there is reason to sleep is settled with it. */
static bool take_commands(struct relay_thread *thread) {
    pthread_mutex_lock(&thread->lock);
    struct commands taken = thread->inbox;
    thread->inbox = thread->current;
    thread->current = taken;
    bool is_idle = taken.count == 0 && thread->engine.ready == NULL;
    atomic_store(&thread->asleep, is_idle);
    pthread_mutex_unlock(&thread->lock);
    return is_idle;
}

static int wait_ms(const struct engine *engine) {
    int64_t next = wheel_next_ms(&engine->wheel);
    if (next < 0) return -1;
    return next <= engine->now_ms ? 0 : (int)(next - engine->now_ms);
}

static void *run(void *argument) {
    struct relay_thread *thread = argument;
    struct engine *engine = &thread->engine;
    struct epoll_event events[EVENTS_MAX];
    for (;;) {
        bool is_idle = take_commands(thread);
        int count = epoll_wait(thread->epoll, events, EVENTS_MAX, is_idle ? wait_ms(engine) : 0);
        atomic_store(&thread->asleep, false);
        engine->now_ms = now_ms();
        if (!run_commands(thread)) return NULL;
        for (int i = 0; i < count; i++) {
            struct side *side = events[i].data.ptr;
            if (side != NULL) {
                relay_on_event(engine, side, events[i].events);
                continue;
            }
            uint64_t ignored;
            while (read(thread->wake, &ignored, sizeof ignored) < 0 && errno == EINTR) continue;
        }
        engine_run_ready(engine);
        engine_run_deadlines(engine);
        post_ended(thread);
    }
}

/* --- life ----------------------------------------------------------------------------------- */

static void release(struct relay_thread *thread) {
    if (thread->wake >= 0) close(thread->wake);
    if (thread->epoll >= 0) close(thread->epoll);
    pthread_mutex_destroy(&thread->lock);
    free(thread->inbox.list);
    free(thread->current.list);
    free(thread);
}

/* Signals are for the thread of JavaScript. */
static int start_without_signals(struct relay_thread *thread) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread->id, NULL, run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct relay_thread *relay_thread_start(void (*on_ended)(void *context), void *context) {
    struct relay_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL) return NULL;
    pthread_mutex_init(&thread->lock, NULL);
    thread->on_ended = on_ended;
    thread->context = context;
    thread->epoll = epoll_create1(EPOLL_CLOEXEC);
    thread->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    engine_start(&thread->engine, thread->epoll, now_ms());
    if (thread->epoll >= 0 && thread->wake >= 0 &&
        epoll_ctl(thread->epoll, EPOLL_CTL_ADD, thread->wake, &event) == 0) {
        int error = start_without_signals(thread);
        if (error == 0) return thread;
        errno = error;
    }
    int error = errno;
    release(thread);
    errno = error;
    return NULL;
}

void relay_thread_stop(struct relay_thread *thread) {
    // Without memory for the command the thread cannot be told; it is then left to the process's end.
    if (!give(thread, (struct command){.kind = STOP})) return;
    pthread_join(thread->id, NULL);
    // Commands that came behind the last round are of no consequence, but for relays not begun.
    for (size_t i = 0; i < thread->inbox.count; i++) {
        struct command *command = &thread->inbox.list[i];
        if (command->kind == BEGIN) relay_begin(&thread->engine, command->relay);
        if (command->kind == LEAVE) free(command->farewell.bytes);
    }
    while (thread->engine.all != NULL) relay_free(&thread->engine, thread->engine.all);
    release(thread);
}
