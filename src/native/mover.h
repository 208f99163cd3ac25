/*
 * The native mover of one JavaScript environment: an epoll set within libuv's loop that watches
 * listeners and connections which are in no relay, and threads for relays.
 *
 * Ownership: a descriptor that is watched belongs to JavaScript, which closes it; one that was given
 * to startRelay() belongs to a thread, which closes it before the relay's end is told.
 */
#ifndef TANDEM_MOVER_H
#define TANDEM_MOVER_H

#include <node_api.h>

#include "relay_thread.h"
#include "values.h"

/* Words of a record, and how many are told at once: RECORD_WORDS and RECORDS_MAX of src/io/mover/native/addon.ts. */
enum { RECORD_WORDS = 12, RECORDS_MAX = 256, TOTALS_PER_RECORD = 36 };

/* What a record tells; the first word. */
enum record_kind {
    /* listener's descriptor, generation, new descriptor, which is not watched, address words */
    RECORD_ACCEPTED = 1,
    /* listener's descriptor, generation, errno */
    RECORD_ACCEPT_FAILED = 2,
    /* descriptor, generation, readiness, errno */
    RECORD_READY = 3,
    /* slot, enum relay_end, errno; bytes and packets among the totals */
    RECORD_ENDED = 4,
};

/* Readiness of a record. */
enum { READY_READ = 1, READY_WRITE = 2, READY_END = 4 };

/* Threads that relay, as RELAY_THREADS_MAX of src/limits.ts. */
enum { THREADS_MAX = 64 };

struct mover;

/* The mover of an argument; refuses what is none, or is closed. */
struct mover *next_mover(struct call *call);

/* What is told of a descriptor; the first two are for listeners. */
enum watch { WATCH_NOTHING, WATCH_NEWCOMERS, WATCH_READS, WATCH_ALL };

/* Watches a descriptor; its generation, -1 when the system refuses (errno). */
int32_t mover_watch(struct mover *mover, int fd, enum watch what);

/* Changes what is told of a descriptor. */
void mover_rewatch(struct mover *mover, int fd, int32_t generation, enum watch what);

/* Stops watching a descriptor, which stays open. */
void mover_unwatch(struct mover *mover, int fd);

/* Memory that JavaScript reads received bytes from, and its size. */
uint8_t *mover_buffer(struct mover *mover, size_t *size);

/* Numbers for JavaScript that a single call gives. */
double *mover_scratch(struct mover *mover);

/* Names a relay by a number until its end has been told; -1 without memory. */
int mover_add_relay(struct mover *mover, struct relay *relay);
/* Frees the number of a relay that has ended, and its memory. */
void mover_drop_relay(struct mover *mover, struct relay *relay);

/* The relay of an argument; NULL when it has ended, or the call is refused. */
struct relay *next_relay(struct call *call, struct mover *mover);

/*
 * openMover(onRecords, records: Int32Array, totals: Float64Array, buffer: Uint8Array, scratch: Float64Array):
 * the mover. `onRecords(count)` is called with what is in the first two arrays.
 */
napi_value open_mover(napi_env env, napi_callback_info info);

/* closeMover(mover): ends it; descriptors that are not in a relay stay open. */
napi_value close_mover(napi_env env, napi_callback_info info);

/* setThreads(mover, count): new relays are spread over so many threads; 0, or a negative errno. */
napi_value set_threads(napi_env env, napi_callback_info info);

/* holdMover(mover, isHeld): whether it keeps the process alive. */
napi_value hold_mover(napi_env env, napi_callback_info info);

#endif
