#include "relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptor.h"
#include "relay_memory.h"
#include "silence.h"

/* Reads that one socket may have in a row before others get their turn. */
enum { TURN_READS_MAX = 8 };

/* How long a closed side may take for the bytes that are still queued to it, as in src/limits.ts. */
enum { CLOSE_LINGER_MS = 10000 };

/* How long a client that was told to leave may take for it, as in src/limits.ts. */
enum { LEAVE_LINGER_MS = 2000 };

static struct side *other_side(struct side *side) {
    struct relay *relay = side->relay;
    return side == &relay->client ? &relay->server : &relay->client;
}

static bool is_client(const struct side *side) { return side == &side->relay->client; }

static void watch_deadline(struct engine *engine, struct relay *relay) {
    int64_t due = silence_earlier(silence_client_due(relay), silence_server_due(relay));
    due = silence_earlier(due, relay->client.close_due_ms);
    due = silence_earlier(due, relay->server.close_due_ms);
    if (due == 0) wheel_remove(&engine->wheel, &relay->deadline);
    else wheel_put(&engine->wheel, &relay->deadline, due);
}

/* Adds a side to what is watched, or has it watched anew. That it takes bytes is of interest while some are queued. */
static bool watch_side(struct engine *engine, int operation, struct side *side) {
    // Edges: each change is told once, and what is there already is told now.
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = side};
    if (side->queue != NULL) event.events |= EPOLLOUT;
    return epoll_ctl(engine->epoll, operation, side->fd, &event) == 0;
}

/* An orderly end is a cause only while nothing worse has happened, as in HAProxy's logs. */
static void note_end(struct relay *relay, enum relay_end end, int error) {
    bool is_orderly = relay->end == END_CLIENT_CLOSED || relay->end == END_SERVER_CLOSED;
    bool is_worse = end != END_CLIENT_CLOSED && end != END_SERVER_CLOSED;
    if (relay->end != END_NONE && !(is_orderly && is_worse)) return;
    relay->end = end;
    relay->error = error;
}

static void finish(struct engine *engine, struct side *side);

static void close_side(struct engine *engine, struct side *side, bool is_reset) {
    if (side->fd < 0) return;
    struct relay *relay = side->relay;
    descriptor_close(side->fd, is_reset);
    side->fd = -1;
    side->close_due_ms = 0;
    relay_drop_queue(side);
    if (--relay->open_count > 0) {
        // Nothing can be sent to a closed side any more, so the other one has no one to speak to.
        if (!side->ended) finish(engine, other_side(side));
        return;
    }
    wheel_remove(&engine->wheel, &relay->deadline);
    relay->next_ended = engine->ended;
    engine->ended = relay;
}

/* Closes a side after what is queued to it has been sent, within CLOSE_LINGER_MS. */
static void finish(struct engine *engine, struct side *side) {
    if (side->fd < 0 || side->finishing) return;
    if (side->queue == NULL) {
        close_side(engine, side, false);
        return;
    }
    side->finishing = true;
    side->close_due_ms = engine->now_ms + CLOSE_LINGER_MS;
    watch_deadline(engine, side->relay);
}

/* Closes both sides at once, without giving either time for what is queued. */
static void close_both(struct engine *engine, struct relay *relay, bool is_reset) {
    relay->client.finishing = true;
    relay->server.finishing = true;
    close_side(engine, &relay->client, is_reset);
    close_side(engine, &relay->server, is_reset);
}

/* A server learns of a client's reset by a reset; a client gets what is queued and an orderly end. */
static void fail(struct engine *engine, struct side *side, int error) {
    note_end(side->relay, is_client(side) ? END_CLIENT_ERROR : END_SERVER_ERROR, error);
    if (is_client(side)) close_side(engine, other_side(side), true);
    else finish(engine, other_side(side));
    close_side(engine, side, false);
}

/* Tells a side that no more bytes will come. */
static void shut_side(struct engine *engine, struct side *side) {
    side->wants_shut = true;
    if (side->fd < 0 || side->queue != NULL || side->shut) return;
    shutdown(side->fd, SHUT_WR);
    side->shut = true;
    if (side->ended) close_side(engine, side, false);
}

static void end_side(struct engine *engine, struct side *side) {
    struct relay *relay = side->relay;
    side->ended = true;
    side->readable = false;
    note_end(relay, is_client(side) ? END_CLIENT_CLOSED : END_SERVER_CLOSED, 0);
    if (is_client(side) && relay->spec.reset_server_at_end) {
        close_both(engine, relay, true);
        return;
    }
    shut_side(engine, other_side(side));
    if (side->shut) close_side(engine, side, false);
    if (relay->open_count > 0) watch_deadline(engine, relay);
}

/* Puts a relay on the list of those that are to be looked at again before the thread sleeps. */
static void list_ready(struct engine *engine, struct relay *relay) {
    if (relay->is_ready) return;
    relay->is_ready = true;
    relay->next_ready = engine->ready;
    engine->ready = relay;
}

/* A side does not take bytes any more; what it still has to say goes first. */
static void fail_when_read(struct engine *engine, struct side *side, int error) {
    side->failure = error;
    side->readable = true;
    side->at_end = true;
    relay_drop_queue(side);
    list_ready(engine, side->relay);
}

/* Sends what one read gave; what the kernel does not take is queued. */
static void deliver(struct engine *engine, struct side *to, const uint8_t *bytes, size_t length) {
    int sent = descriptor_send(to->fd, bytes, length);
    if (sent < 0 && sent != -EAGAIN) {
        fail_when_read(engine, to, -sent);
        return;
    }
    if (sent > 0) to->activity_ms = engine->now_ms;
    size_t taken = sent > 0 ? (size_t)sent : 0;
    if (taken == length) return;
    if (!relay_queue(to, bytes + taken, length - taken)) {
        fail(engine, to, ENOMEM);
        return;
    }
    watch_side(engine, EPOLL_CTL_MOD, to);
    // A side that has ended, and so had no deadline, has one while it does not take its bytes.
    if (to->ended) watch_deadline(engine, to->relay);
}

/* The client has been given its last packet and is told of the end. What it still says goes on to its server. */
static void depart(struct engine *engine, struct relay *relay) {
    struct side *client = &relay->client;
    relay->leave = LEAVE_DONE;
    int64_t due = engine->now_ms + LEAVE_LINGER_MS;
    if (relay->server.fd >= 0) relay->server.close_due_ms = due;
    if (client->fd < 0 || client->failure != 0) return;
    client->close_due_ms = due;
    const struct frames *frames = relay->server.frames;
    bool is_told = client->wants_shut || frames == NULL || frames->stage != FRAME_BOUNDARY;
    if (relay->farewell != NULL && !is_told) {
        if (client->queue == NULL) deliver(engine, client, relay->farewell, relay->farewell_length);
        else relay_queue(client, relay->farewell, relay->farewell_length);
    }
    shut_side(engine, client);
    if (relay->open_count > 0) watch_deadline(engine, relay);
}

/* Follows the packets of a side; how many of the bytes go on, and whether the relay ends behind them. */
static size_t follow(struct side *from, const uint8_t *bytes, size_t length, bool *departs) {
    bool is_awaited = from->relay->leave == LEAVE_WAITS && !is_client(from);
    size_t taken = frames_take(from->frames, bytes, length, is_awaited);
    uint8_t stage = from->frames->stage;
    *departs = is_awaited && (stage == FRAME_BOUNDARY || stage == FRAME_OFF);
    return taken;
}

/* Whether bytes that come for a side are read. */
static bool can_take(const struct side *to) {
    return to->fd >= 0 && to->failure == 0 && to->queue == NULL;
}

/* Reads what a side has to say, until there is no more, the other one is full, or its turn is over. */
static void move(struct engine *engine, struct side *from) {
    struct side *to = other_side(from);
    for (int reads = 0;; reads++) {
        bool is_unheard = from->relay->leave == LEAVE_DONE && !is_client(from);
        if (from->fd < 0 || from->finishing) return;
        if (from->ended && from->failure != 0) {
            fail(engine, from, from->failure);
            return;
        }
        if (from->ended || !from->readable) return;
        if (!is_unheard && !can_take(to)) {
            // Nobody takes what it says: only its failure counts.
            if (from->failure != 0 && (to->fd < 0 || to->failure != 0)) {
                fail(engine, from, from->failure);
            }
            return;
        }
        if (reads == TURN_READS_MAX) {
            list_ready(engine, from->relay);
            return;
        }
        int count = descriptor_receive(from->fd, engine->chunk, sizeof engine->chunk);
        if (count > 0) {
            from->activity_ms = engine->now_ms;
            from->heard_ms = engine->now_ms;
            // A short read has emptied the socket; whatever comes later is told anew.
            if ((size_t)count < sizeof engine->chunk && !from->at_end) from->readable = false;
            if (is_unheard) continue;
            bool departs = false;
            size_t length = (size_t)count;
            if (from->frames != NULL) length = follow(from, engine->chunk, length, &departs);
            atomic_fetch_add_explicit(&from->bytes, (uint64_t)length, memory_order_relaxed);
            atomic_fetch_add_explicit(&from->packets, 1, memory_order_relaxed);
            deliver(engine, to, engine->chunk, length);
            if (departs) depart(engine, from->relay);
            continue;
        }
        if (from->failure != 0) {
            fail(engine, from, from->failure);
        } else if (count == 0) {
            end_side(engine, from);
        } else if (count == -EAGAIN) {
            from->readable = false;
        } else {
            fail(engine, from, -count);
        }
        return;
    }
}

/* The kernel takes bytes again. */
static void flush(struct engine *engine, struct side *to) {
    while (to->queue != NULL) {
        size_t length = to->queue_end - to->queue_start;
        int sent = descriptor_send(to->fd, to->queue + to->queue_start, length);
        if (sent == -EAGAIN) return;
        if (sent < 0) {
            if (to->finishing) close_side(engine, to, false);
            else fail_when_read(engine, to, -sent);
            return;
        }
        to->activity_ms = engine->now_ms;
        to->queue_start += (size_t)sent;
        if (to->queue_start == to->queue_end) relay_drop_queue(to);
    }
    if (to->finishing) {
        close_side(engine, to, false);
        return;
    }
    if (to->wants_shut) shut_side(engine, to);
    move(engine, other_side(to));
}

void relay_on_event(struct engine *engine, struct side *side, uint32_t events) {
    // One that has just been frozen may still be among what epoll told.
    if (side->fd < 0 || side->relay->open_count == 0) return;
    // A read tells the error, too, and says first what came before it.
    bool is_heard = !side->finishing && !side->ended && can_take(other_side(side));
    if ((events & EPOLLERR) && !is_heard) {
        int error = descriptor_error(side->fd);
        if (error != 0) side->failure = error;
        if (side->failure != 0 && side->finishing) {
            close_side(engine, side, false);
            return;
        }
    }
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) side->readable = true;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) side->at_end = true;
    if ((events & EPOLLOUT) && side->queue != NULL) flush(engine, side);
    move(engine, side);
}

void engine_start(struct engine *engine, int epoll, int64_t now_ms) {
    memset(engine, 0, sizeof *engine);
    engine->epoll = epoll;
    engine->now_ms = now_ms;
    wheel_start(&engine->wheel, now_ms);
}

void relay_begin(struct engine *engine, struct relay *relay) {
    relay->next = engine->all;
    if (engine->all != NULL) engine->all->previous = relay;
    engine->all = relay;
    relay->client.activity_ms = engine->now_ms;
    relay->client.heard_ms = engine->now_ms;
    relay->server.activity_ms = engine->now_ms;
    watch_deadline(engine, relay);
    if (watch_side(engine, EPOLL_CTL_ADD, &relay->client) &&
        watch_side(engine, EPOLL_CTL_ADD, &relay->server)) {
        return;
    }
    // The kernel has no memory for another watch.
    note_end(relay, END_CLIENT_ERROR, errno);
    close_both(engine, relay, true);
}

void relay_retime(struct engine *engine, struct relay *relay, const struct relay_spec *spec) {
    relay->spec = *spec;
    if (relay->open_count > 0) watch_deadline(engine, relay);
}

void relay_close(struct engine *engine, struct relay *relay, bool is_reset) {
    if (relay->open_count == 0) return;
    note_end(relay, END_CLOSED, 0);
    if (is_reset) {
        close_both(engine, relay, true);
    } else {
        finish(engine, &relay->client);
        finish(engine, &relay->server);
    }
}

void relay_leave(struct engine *engine, struct relay *relay, uint8_t *farewell, size_t length) {
    if (relay->open_count == 0 || relay->leave != LEAVE_NOT) {
        free(farewell);
        return;
    }
    note_end(relay, END_CLOSED, 0);
    relay->farewell = farewell;
    relay->farewell_length = length;
    const struct frames *frames = relay->server.frames;
    bool is_amid = frames != NULL && frames->stage != FRAME_BOUNDARY && frames->stage != FRAME_OFF;
    if (is_amid && !relay->server.ended) relay->leave = LEAVE_WAITS;
    else depart(engine, relay);
}

void engine_run_ready(struct engine *engine) {
    struct relay *relay = engine->ready;
    engine->ready = NULL;
    while (relay != NULL) {
        struct relay *next = relay->next_ready;
        relay->is_ready = false;
        relay->next_ready = NULL;
        move(engine, &relay->client);
        move(engine, &relay->server);
        relay = next;
    }
}

static void run_deadline(struct engine *engine, struct relay *relay) {
    int64_t client = silence_client_due(relay);
    int64_t server = silence_server_due(relay);
    int64_t due = silence_earlier(client, server);
    if (due != 0 && due <= engine->now_ms) {
        note_end(relay, due == client ? END_CLIENT_TIMEOUT : END_SERVER_TIMEOUT, 0);
        close_both(engine, relay, false);
        return;
    }
    struct side *sides[] = {&relay->client, &relay->server};
    for (int i = 0; i < 2; i++) {
        int64_t close_due = sides[i]->close_due_ms;
        if (close_due != 0 && close_due <= engine->now_ms) close_side(engine, sides[i], true);
    }
    if (relay->open_count > 0) watch_deadline(engine, relay);
}

void engine_run_deadlines(struct engine *engine) {
    struct wheel_entry *entry;
    while ((entry = wheel_take(&engine->wheel, engine->now_ms)) != NULL) {
        run_deadline(engine, (struct relay *)entry);
    }
}

void relay_unlist_ready(struct engine *engine, struct relay *relay) {
    if (!relay->is_ready) return;
    relay->is_ready = false;
    struct relay **place = &engine->ready;
    while (*place != relay) place = &(*place)->next_ready;
    *place = relay->next_ready;
}

void relay_free(struct engine *engine, struct relay *relay) {
    relay_unlist_ready(engine, relay);
    wheel_remove(&engine->wheel, &relay->deadline);
    if (relay->previous != NULL) relay->previous->next = relay->next;
    else if (engine->all == relay) engine->all = relay->next;
    if (relay->next != NULL) relay->next->previous = relay->previous;
    struct side *sides[] = {&relay->client, &relay->server};
    for (int i = 0; i < 2; i++) {
        if (sides[i]->fd >= 0) descriptor_close(sides[i]->fd, true);
    }
    relay_discard(relay);
}
