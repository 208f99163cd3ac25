#include "descriptor.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int descriptor_send(int fd, const void *bytes, size_t length) {
    size_t limit = length < INT_MAX ? length : INT_MAX;
    ssize_t count;
    do {
        count = send(fd, bytes, limit, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : (int)count;
}

int descriptor_receive(int fd, void *bytes, size_t length) {
    size_t limit = length < INT_MAX ? length : INT_MAX;
    ssize_t count;
    do {
        count = recv(fd, bytes, limit, MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : (int)count;
}

int descriptor_conclude(int fd, bool is_well) {
    if (is_well) return fd;
    int error = errno;
    if (fd >= 0) close(fd);
    return -error;
}

void descriptor_close(int fd, bool is_reset) {
    if (is_reset) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    close(fd);
}

int descriptor_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : 0;
}

bool descriptor_set(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool descriptor_bind_interface(int fd, const char *interface) {
    socklen_t length = (socklen_t)strlen(interface);
    return length == 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, length) == 0;
}

bool descriptor_set_transparent(int fd, int family, bool is_transparent) {
    return family == AF_INET6 ? descriptor_set(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, is_transparent)
                              : descriptor_set(fd, IPPROTO_IP, IP_TRANSPARENT, is_transparent);
}

/* The kernel counts in whole seconds, and at least one; none stays none. */
static int seconds(int32_t ms) {
    if (ms <= 0) return 0;
    return ms < 1000 ? 1 : ms / 1000 + (ms % 1000 >= 500);
}

static void set_tcp(int fd, int option, int value) {
    if (value > 0) descriptor_set(fd, IPPROTO_TCP, option, value);
}

void descriptor_set_tcp(int fd, const struct tcp_options *options) {
    if (options->keepalive) {
        descriptor_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        set_tcp(fd, TCP_KEEPIDLE, seconds(options->idle_ms));
        set_tcp(fd, TCP_KEEPINTVL, seconds(options->interval_ms));
        set_tcp(fd, TCP_KEEPCNT, options->count);
    }
    set_tcp(fd, TCP_USER_TIMEOUT, options->user_timeout_ms);
}
