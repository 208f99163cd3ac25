/*
 * Deadlines of many entries for next to nothing: activity only stores an instant in the entry, and
 * the wheel looks at an entry when its slot comes up. An entry belongs to whoever put it there.
 */
#ifndef TANDEM_WHEEL_H
#define TANDEM_WHEEL_H

#include <stdint.h>

/* Span of a slot in ms: how late a deadline may be. Slots farther away are looked at once a round. */
enum { WHEEL_SLOT_MS = 32, WHEEL_SLOTS = 1024 };

struct wheel_entry {
    struct wheel_entry *next;
    struct wheel_entry *previous;
    int slot; /* -1 while it is in none */
};

struct wheel {
    struct wheel_entry *slots[WHEEL_SLOTS];
    uint64_t occupied[WHEEL_SLOTS / 64];
    int64_t done; /* the number of the slot up to which everything has been looked at */
};

void wheel_start(struct wheel *wheel, int64_t now_ms);
void wheel_put(struct wheel *wheel, struct wheel_entry *entry, int64_t due_ms);
void wheel_remove(struct wheel *wheel, struct wheel_entry *entry);

/* When the next slot that holds anything is over; -1 when there is none. */
int64_t wheel_next_ms(const struct wheel *wheel);

/* Takes one entry out whose slot is over, to be looked at; NULL when there is no more. */
struct wheel_entry *wheel_take(struct wheel *wheel, int64_t now_ms);

#endif
