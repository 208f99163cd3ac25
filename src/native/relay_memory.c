#include "relay_memory.h"

#include <stdlib.h>
#include <string.h>

void relay_drop_queue(struct side *side) {
    free(side->queue);
    side->queue = NULL;
}

bool relay_queue(struct side *to, const uint8_t *bytes, size_t length) {
    if (length == 0) return true;
    size_t end = to->queue == NULL ? 0 : to->queue_end;
    uint8_t *queue = realloc(to->queue, end + length);
    if (queue == NULL) return false;
    memcpy(queue + end, bytes, length);
    if (to->queue == NULL) to->queue_start = 0;
    to->queue = queue;
    to->queue_end = end + length;
    return true;
}

struct relay *relay_make(int client, int server, const struct relay_spec *spec) {
    struct relay *relay = calloc(1, sizeof *relay);
    if (relay == NULL) return NULL;
    relay->client.relay = relay;
    relay->client.fd = client;
    relay->server.relay = relay;
    relay->server.fd = server;
    relay->spec = *spec;
    relay->open_count = 2;
    relay->deadline.slot = -1;
    return relay;
}

void relay_discard(struct relay *relay) {
    relay_drop_queue(&relay->client);
    relay_drop_queue(&relay->server);
    free(relay->client.frames);
    free(relay->server.frames);
    free(relay->farewell);
    free(relay);
}
