/*
 * Joined pairs of sockets: bytes go from one to the other as they come. Each direction holds nothing
 * while the receiver's kernel takes everything, and at most what one read gave when it does not;
 * then its sender is not read until that is gone.
 *
 * Everything here is called by one thread only, but for what is said to be readable from elsewhere.
 * Ownership: from relay_begin() on, both descriptors and all memory of a relay are the engine's.
 */
#ifndef TANDEM_RELAY_H
#define TANDEM_RELAY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frames.h"
#include "wheel.h"

/* Bytes that one read takes. */
enum { RELAY_CHUNK_BYTES = 64 * 1024 };

/* Why a relay ended, in the order of `RELAY_ENDS` in src/io/mover/native/native-relays.ts. */
enum relay_end {
    END_NONE,
    END_CLIENT_CLOSED,
    END_SERVER_CLOSED,
    END_CLIENT_ERROR,
    END_SERVER_ERROR,
    END_CLIENT_TIMEOUT,
    END_SERVER_TIMEOUT,
    END_CLOSED,
    END_FROZEN, /* not over: to be resumed elsewhere, see freezing.h */
};

/* RelaySpec of src/session/mover.ts; a negative timeout is infinite. */
struct relay_spec {
    int64_t client_ms;
    int64_t server_ms;
    int64_t tunnel_ms;
    int64_t client_fin_ms;
    int64_t server_fin_ms;
    bool reset_server_at_end;
    bool is_client_heard; /* only what the client says keeps it from being silent */
};

/* Whether we take leave of a client: once the server's packet is over, and until both are gone. */
enum relay_leave { LEAVE_NOT, LEAVE_WAITS, LEAVE_DONE };

struct relay;
struct relay_thread;

/* One of the two sockets. */
struct side {
    struct relay *relay;
    int fd; /* -1 once closed */
    int failure; /* errno of a write, or of the socket, that is told once its last bytes are read */
    int64_t activity_ms; /* when bytes last came from it or were taken by it */
    int64_t heard_ms; /* when bytes last came from it */
    int64_t close_due_ms; /* how long `finishing` may take; 0 while it is not */
    uint8_t *queue; /* what its kernel did not take, `queue_start` to `queue_end`; NULL when all was taken */
    size_t queue_start;
    size_t queue_end;
    struct frames *frames; /* of the packets that come from it; NULL when nobody wants to know */
    _Atomic uint64_t bytes; /* received from it; readable from any thread */
    _Atomic uint64_t packets; /* reads that gave bytes; readable from any thread */
    bool readable; /* bytes may be there that have not been read */
    bool at_end; /* the end or an error is there: read until it shows */
    bool ended; /* its end has been read */
    bool wants_shut; /* to be told of the other's end once the queue is empty */
    bool shut; /* told */
    bool finishing; /* closes once the queue is empty; not read any more */
};

struct relay {
    struct wheel_entry deadline; /* first: the wheel gives pointers to it */
    struct side client;
    struct side server;
    struct relay_spec spec;
    enum relay_end end;
    int error;
    int open_count;
    int slot; /* its number at the thread of JavaScript */
    struct relay_thread *thread; /* that it belongs to */
    enum relay_leave leave;
    uint8_t *farewell; /* the client's last packet, once it is to leave; NULL for none */
    size_t farewell_length;
    bool is_ready;
    struct relay *next_ready;
    struct relay *next_ended;
    struct relay *next; /* in the list of all */
    struct relay *previous;
};

/* All relays of one thread. */
struct engine {
    int epoll; /* borrowed */
    int64_t now_ms; /* set by the caller before anything else is called */
    struct wheel wheel;
    struct relay *all;
    struct relay *ready; /* those that have more to read than their turn allowed */
    struct relay *ended; /* those that are over since the caller last looked; cleared by it */
    uint8_t chunk[RELAY_CHUNK_BYTES];
};

void engine_start(struct engine *engine, int epoll, int64_t now_ms);
void relay_begin(struct engine *engine, struct relay *relay);
void relay_retime(struct engine *engine, struct relay *relay, const struct relay_spec *spec);
void relay_close(struct engine *engine, struct relay *relay, bool is_reset);

/*
 * Ends it when the server's packet is over: the client gets a last packet of ours (allocated, and the
 * relay's from now on; NULL for none) and an orderly end. It may take LEAVE_LINGER_MS to go. Without
 * framing that is at once, and without the packet.
 */
void relay_leave(struct engine *engine, struct relay *relay, uint8_t *farewell, size_t length);

/* Takes what epoll said of a side. */
void relay_on_event(struct engine *engine, struct side *side, uint32_t events);

/* Gives every relay of the ready list one more turn. */
void engine_run_ready(struct engine *engine);

/* Ends relays whose time is over. */
void engine_run_deadlines(struct engine *engine);

/* Takes a relay off the list of those that wait for another turn. */
void relay_unlist_ready(struct engine *engine, struct relay *relay);

/* Frees a relay that began; closes what is open. */
void relay_free(struct engine *engine, struct relay *relay);

#endif
