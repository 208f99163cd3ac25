#include "silence.h"

static int64_t silence_due(const struct side *side, const struct side *other, int64_t fin_ms,
                           int64_t side_ms, int64_t tunnel_ms) {
    if (side->fd < 0 || (side->ended && side->queue == NULL)) return 0;
    int64_t timeout = tunnel_ms >= 0 ? tunnel_ms : side_ms;
    if (other->ended && fin_ms >= 0) timeout = fin_ms;
    return timeout < 0 ? 0 : side->activity_ms + timeout;
}

int64_t silence_client_due(const struct relay *relay) {
    const struct relay_spec *spec = &relay->spec;
    return silence_due(&relay->client, &relay->server, spec->client_fin_ms, spec->client_ms,
                       spec->tunnel_ms);
}

int64_t silence_server_due(const struct relay *relay) {
    const struct relay_spec *spec = &relay->spec;
    return silence_due(&relay->server, &relay->client, spec->server_fin_ms, spec->server_ms,
                       spec->tunnel_ms);
}

int64_t silence_earlier(int64_t one, int64_t other) {
    if (one == 0 || other == 0) return one + other;
    return one < other ? one : other;
}
