/* Socket addresses as JavaScript gives and takes them. Touches no descriptor. */
#ifndef TANDEM_ADDRESS_H
#define TANDEM_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* An address that fits a system call. */
struct address {
    struct sockaddr_storage storage;
    socklen_t size;
};

/*
 * Fills an address: 4 or 16 bytes are an IP address, anything else is the name of a unix socket, an
 * abstract one when its first byte is zero. False when the name is too long.
 */
bool address_fill(struct address *to, bool is_unix, const uint8_t *bytes, size_t length, int port);

/* Words of an address in a record: family (4, 6, or 0 for none), port, and four words of bytes. */
enum { ADDRESS_WORDS = 6 };

/* Writes an address into the words of a record, its bytes in network order. */
void address_write(const struct address *from, int32_t *words);

#endif
