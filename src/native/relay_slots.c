#include "relay_slots.h"

#include <stdlib.h>

void slots_start(struct relay_slots *slots) { *slots = (struct relay_slots){.first_free = -1}; }

void slots_free(struct relay_slots *slots) {
    free(slots->relays);
    free(slots->next_free);
}

static bool grow(struct relay_slots *slots) {
    int capacity = slots->capacity == 0 ? 256 : 2 * slots->capacity;
    struct relay **relays = realloc(slots->relays, (size_t)capacity * sizeof *relays);
    if (relays == NULL) return false;
    slots->relays = relays;
    int *next_free = realloc(slots->next_free, (size_t)capacity * sizeof *next_free);
    if (next_free == NULL) return false;
    slots->next_free = next_free;
    for (int slot = capacity - 1; slot >= slots->capacity; slot--) {
        relays[slot] = NULL;
        next_free[slot] = slots->first_free;
        slots->first_free = slot;
    }
    slots->capacity = capacity;
    return true;
}

int slots_add(struct relay_slots *slots, struct relay *relay) {
    if (slots->first_free < 0 && !grow(slots)) return -1;
    int slot = slots->first_free;
    slots->first_free = slots->next_free[slot];
    slots->relays[slot] = relay;
    relay->slot = slot;
    return slot;
}

void slots_drop(struct relay_slots *slots, const struct relay *relay) {
    slots->relays[relay->slot] = NULL;
    slots->next_free[relay->slot] = slots->first_free;
    slots->first_free = relay->slot;
}

struct relay *slots_find(const struct relay_slots *slots, int slot) {
    return slot >= 0 && slot < slots->capacity ? slots->relays[slot] : NULL;
}
