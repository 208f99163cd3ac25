/* Numbers by which JavaScript names relays. A number is used again once its relay is dropped. Relays
 * and their descriptors are borrowed: dropping a number frees and closes nothing. */
#ifndef TANDEM_RELAY_SLOTS_H
#define TANDEM_RELAY_SLOTS_H

#include "relay.h"

struct relay_slot {
    struct relay *relay; /* NULL while the number is free */
    int next_free;
};

struct relay_slots {
    struct relay_slot *list; /* by number */
    int capacity;
    int first_free; /* of a list through `next_free`; -1 when there is none */
};

void slots_start(struct relay_slots *slots);
void slots_free(struct relay_slots *slots);

/* Gives a relay its number; -1 without memory. */
int slots_add(struct relay_slots *slots, struct relay *relay);
void slots_drop(struct relay_slots *slots, const struct relay *relay);

/* The relay of a number; NULL when there is none. */
struct relay *slots_find(const struct relay_slots *slots, int slot);

#endif
