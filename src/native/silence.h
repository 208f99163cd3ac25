/* When a relay's sides have been silent for too long, as HAProxy's timeouts count. Touches no descriptor. */
#ifndef TANDEM_SILENCE_H
#define TANDEM_SILENCE_H

#include <stdint.h>

#include "relay.h"

/* When the client, or the server, has been silent for too long; 0 when it may be silent for ever. */
int64_t silence_client_due(const struct relay *relay);
int64_t silence_server_due(const struct relay *relay);

/* The earlier of two instants of which 0 is none. */
int64_t silence_earlier(int64_t one, int64_t other);

#endif
