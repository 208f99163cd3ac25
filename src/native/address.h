/* Socket addresses as JavaScript gives and takes them. Touches no descriptor. */
#ifndef TANDEM_ADDRESS_H
#define TANDEM_ADDRESS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "values.h"

/* An address that fits a system call. */
struct address {
    union {
        struct sockaddr_storage room;
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6; /* its port lies where that of `v4` does */
        struct sockaddr_un name;
    };
    socklen_t size;
};

/*
 * Reads two arguments, bytes and a port: 4 or 16 bytes are an IP address. With `is_unix` they are the
 * name of a unix socket, an abstract one when its first byte is zero. No bytes, and a name that is
 * too long, give an address of size 0.
 */
struct address next_address(struct call *call, bool is_unix);

/* Words of an address in a record: family (4, 6, or 0 for none), port, and four words of bytes. */
enum { ADDRESS_WORDS = 6 };

/* Writes an address into the words of a record, its bytes in network order. */
void address_write(const struct address *from, int32_t *words);

#endif
