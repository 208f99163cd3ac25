#include "silence.h"

static int64_t silence_due(const struct side *side, const struct side *other, int64_t fin_ms,
                           int64_t side_ms, int64_t tunnel_ms, bool is_heard) {
    if (side->fd < 0 || (side->ended && side->queue == NULL)) return 0;
    // One that has ended says nothing more, and at an end bytes that are taken count in any case.
    int64_t since = is_heard && !side->ended ? side->heard_ms : side->activity_ms;
    int64_t timeout = tunnel_ms >= 0 ? tunnel_ms : side_ms;
    if (other->ended && fin_ms >= 0) {
        timeout = fin_ms;
        since = side->activity_ms;
    }
    return timeout < 0 ? 0 : since + timeout;
}

int64_t silence_client_due(const struct relay *relay) {
    const struct relay_spec *spec = &relay->spec;
    return silence_due(&relay->client, &relay->server, spec->client_fin_ms, spec->client_ms,
                       spec->tunnel_ms, spec->is_client_heard);
}

int64_t silence_server_due(const struct relay *relay) {
    const struct relay_spec *spec = &relay->spec;
    return silence_due(&relay->server, &relay->client, spec->server_fin_ms, spec->server_ms,
                       spec->tunnel_ms, false);
}

int64_t silence_earlier(int64_t one, int64_t other) {
    if (one == 0 || other == 0) return one + other;
    return one < other ? one : other;
}
