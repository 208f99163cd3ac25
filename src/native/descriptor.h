/* What any part may do with a socket's descriptor, which stays the caller's until descriptor_close(). */
#ifndef TANDEM_DESCRIPTOR_H
#define TANDEM_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sends or receives without waiting: the count of bytes, or a negative errno. */
int descriptor_send(int fd, const void *bytes, size_t length);
int descriptor_receive(int fd, void *bytes, size_t length);

/* A descriptor (-1 for none) when all went well; else closes it, and gives the negative errno. */
int descriptor_conclude(int fd, bool is_well);

/* Closes a descriptor; TCP tells the peer by a reset when `is_reset`. The number is free afterwards. */
void descriptor_close(int fd, bool is_reset);

/* Takes the error that a socket has met; 0 when there is none. */
int descriptor_error(int fd);

/* Sets an option that is a number; false with errno. */
bool descriptor_set(int fd, int level, int option, int value);

/* Binds a socket to the interface of a name, unless that is empty; false with errno. */
bool descriptor_bind_interface(int fd, const char *interface);

/* Lets a socket have an address that this machine does not hold; needs CAP_NET_ADMIN. False with errno. */
bool descriptor_set_transparent(int fd, int family, bool is_transparent);

/* TCP options of a connection; a time or count of 0 leaves the system's. Errors are of no consequence. */
struct tcp_options {
    bool keepalive;
    int32_t idle_ms;
    int32_t interval_ms;
    int32_t count;
    int32_t user_timeout_ms;
};

void descriptor_set_tcp(int fd, const struct tcp_options *options);

#endif
