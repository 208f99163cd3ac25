/* The memory of relays and of what waits in them. */
#ifndef TANDEM_RELAY_MEMORY_H
#define TANDEM_RELAY_MEMORY_H

#include "relay.h"

/* Memory for a relay whose sockets are not running yet; NULL without memory. */
struct relay *relay_make(int client, int server, const struct relay_spec *spec);

/* Puts bytes behind what waits for a side's kernel; false without memory. */
bool relay_queue(struct side *to, const uint8_t *bytes, size_t length);

/* Frees a relay that never began, or that nobody names any more; its descriptors stay open. */
void relay_discard(struct relay *relay);

/* Forgets what waits for a side's kernel. */
void relay_drop_queue(struct side *side);

#endif
