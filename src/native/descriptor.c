#include "descriptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static bool set(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
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

bool descriptor_set_transparent(int fd, int family, bool is_transparent) {
    if (family == AF_INET6) return set(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, is_transparent);
    return set(fd, IPPROTO_IP, IP_TRANSPARENT, is_transparent);
}

/* The kernel counts in whole seconds, and at least one. */
static int seconds(int32_t ms) { return ms < 1000 ? 1 : (ms + 500) / 1000; }

void descriptor_set_tcp(int fd, const struct tcp_options *options) {
    if (options->keepalive) {
        set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        if (options->idle_ms > 0) set(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds(options->idle_ms));
        if (options->interval_ms > 0) {
            set(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds(options->interval_ms));
        }
        if (options->count > 0) set(fd, IPPROTO_TCP, TCP_KEEPCNT, options->count);
    }
    if (options->user_timeout_ms > 0) {
        set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, options->user_timeout_ms);
    }
}
