#include "wheel.h"

#include <string.h>

void wheel_start(struct wheel *wheel, int64_t now_ms) {
    memset(wheel, 0, sizeof *wheel);
    wheel->done = now_ms / WHEEL_SLOT_MS;
}

void wheel_remove(struct wheel *wheel, struct wheel_entry *entry) {
    if (entry->slot < 0) return;
    if (entry->previous != NULL) entry->previous->next = entry->next;
    else wheel->slots[entry->slot] = entry->next;
    if (entry->next != NULL) entry->next->previous = entry->previous;
    if (wheel->slots[entry->slot] == NULL) {
        wheel->occupied[entry->slot / 64] &= ~(UINT64_C(1) << (entry->slot % 64));
    }
    entry->slot = -1;
}

void wheel_put(struct wheel *wheel, struct wheel_entry *entry, int64_t due_ms) {
    wheel_remove(wheel, entry);
    int64_t number = due_ms / WHEEL_SLOT_MS;
    if (number <= wheel->done) number = wheel->done + 1;
    if (number >= wheel->done + WHEEL_SLOTS) number = wheel->done + WHEEL_SLOTS - 1;
    int slot = (int)(number % WHEEL_SLOTS);
    entry->slot = slot;
    entry->previous = NULL;
    entry->next = wheel->slots[slot];
    if (entry->next != NULL) entry->next->previous = entry;
    wheel->slots[slot] = entry;
    wheel->occupied[slot / 64] |= UINT64_C(1) << (slot % 64);
}

/* The number of the first slot after `done` that holds anything; -1 when none does. */
static int64_t first_occupied(const struct wheel *wheel) {
    for (int64_t number = wheel->done + 1; number < wheel->done + WHEEL_SLOTS;) {
        int slot = (int)(number % WHEEL_SLOTS);
        uint64_t word = wheel->occupied[slot / 64] >> (slot % 64);
        if (word != 0) return number + __builtin_ctzll(word);
        number += 64 - slot % 64;
    }
    return -1;
}

int64_t wheel_next_ms(const struct wheel *wheel) {
    int64_t number = first_occupied(wheel);
    return number < 0 ? -1 : (number + 1) * WHEEL_SLOT_MS;
}

struct wheel_entry *wheel_take(struct wheel *wheel, int64_t now_ms) {
    // A slot is looked at when its span is over, so that nothing is due early.
    int64_t last = now_ms / WHEEL_SLOT_MS - 1;
    int64_t number = first_occupied(wheel);
    if (number < 0 || number > last) {
        if (last > wheel->done) wheel->done = last;
        return NULL;
    }
    // This slot stays ahead of `done` until it is empty.
    wheel->done = number - 1;
    struct wheel_entry *entry = wheel->slots[number % WHEEL_SLOTS];
    wheel_remove(wheel, entry);
    return entry;
}
