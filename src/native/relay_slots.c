#include "relay_slots.h"

#include <stdlib.h>

void slots_start(struct relay_slots *slots) { *slots = (struct relay_slots){.first_free = -1}; }

void slots_free(struct relay_slots *slots) { free(slots->list); }

static bool grow(struct relay_slots *slots) {
    int capacity = slots->capacity == 0 ? 256 : 2 * slots->capacity;
    struct relay_slot *list = realloc(slots->list, (size_t)capacity * sizeof *list);
    if (list == NULL) return false;
    for (int slot = capacity - 1; slot >= slots->capacity; slot--) {
        list[slot] = (struct relay_slot){.relay = NULL, .next_free = slots->first_free};
        slots->first_free = slot;
    }
    slots->list = list;
    slots->capacity = capacity;
    return true;
}

int slots_add(struct relay_slots *slots, struct relay *relay) {
    if (slots->first_free < 0 && !grow(slots)) return -1;
    int slot = slots->first_free;
    slots->first_free = slots->list[slot].next_free;
    slots->list[slot].relay = relay;
    relay->slot = slot;
    return slot;
}

void slots_drop(struct relay_slots *slots, const struct relay *relay) {
    slots->list[relay->slot] = (struct relay_slot){.relay = NULL, .next_free = slots->first_free};
    slots->first_free = relay->slot;
}

struct relay *slots_find(const struct relay_slots *slots, int slot) {
    return slot >= 0 && slot < slots->capacity ? slots->list[slot].relay : NULL;
}
