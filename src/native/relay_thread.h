/*
 * The thread that relays. JavaScript's thread puts commands into its inbox; relays that have ended
 * come back by its outbox. A relay's memory is this thread's from `start` on; JavaScript's thread
 * may name it until it has said `forget`, which is last in line behind all that it said before.
 */
#ifndef TANDEM_RELAY_THREAD_H
#define TANDEM_RELAY_THREAD_H

#include <stdbool.h>

#include "relay.h"

struct relay_thread;

/*
 * Starts a thread; NULL with errno when there is none to be had. `on_ended` is called on it, with
 * `context`, each time relays have come into an empty outbox.
 */
struct relay_thread *relay_thread_start(void (*on_ended)(void *context), void *context);

/* Each takes effect later, in order; false without memory. */
bool relay_thread_begin(struct relay_thread *thread, struct relay *relay);
bool relay_thread_retime(struct relay_thread *thread, struct relay *relay,
                         const struct relay_spec *spec);
/* The farewell is the thread's, unless this is false. */
bool relay_thread_leave(struct relay_thread *thread, struct relay *relay, uint8_t *farewell,
                        size_t length);
bool relay_thread_close(struct relay_thread *thread, struct relay *relay, bool is_reset);
bool relay_thread_freeze(struct relay_thread *thread, struct relay *relay);
bool relay_thread_forget(struct relay_thread *thread, struct relay *relay);

/* Takes the relays that have ended, oldest first, linked by `next_ended`. */
struct relay *relay_thread_take_ended(struct relay_thread *thread);

/* Ends the thread and waits for it; closes and frees all relays that it was given. */
void relay_thread_stop(struct relay_thread *thread);

#endif
