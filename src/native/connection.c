#include "connection.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "descriptor.h"
#include "mover.h"
#include "values.h"

static bool set(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* Sets what must be set before connect(2); false with errno. */
static bool prepare(int fd, int family, const struct address *local, int local_port,
                    const char *interface, bool speaks_first) {
    if (family == AF_UNIX) return true;
    if (interface[0] != '\0' &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) != 0) {
        return false;
    }
    if (local != NULL) {
        // The port is chosen by connect(2), when the other end is known: ports are not used up by it.
        if (local_port == 0) set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
        else if (!set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return false;
        if (bind(fd, (const struct sockaddr *)&local->storage, local->size) != 0) return false;
    }
    // The last packet of the handshake then waits for the bytes that follow it at once (tcp(7)).
    if (speaks_first) set(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
    return set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

napi_value open_connection(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    bool is_unix, speaks_first;
    void *bytes, *local_bytes;
    size_t length, local_length;
    int32_t port, local_port;
    char interface[IF_NAMESIZE];
    if (!read_arguments(env, info, 8, values) || !read_bool(env, values[1], &is_unix) ||
        !read_array(env, values[2], napi_uint8_array, &bytes, &length) ||
        !read_int(env, values[3], &port) ||
        !read_array(env, values[4], napi_uint8_array, &local_bytes, &local_length) ||
        !read_int(env, values[5], &local_port) ||
        !read_text(env, values[6], interface, sizeof interface) ||
        !read_bool(env, values[7], &speaks_first)) {
        return NULL;
    }
    struct mover *mover = mover_of(env, values[0]);
    if (mover == NULL) return NULL;
    struct address address, local;
    if (!address_fill(&address, is_unix, bytes, length, port)) return to_int(env, -ENAMETOOLONG);
    bool has_local = local_length > 0;
    if (has_local && !address_fill(&local, false, local_bytes, local_length, local_port)) {
        return to_int(env, -EINVAL);
    }
    int family = address.storage.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return to_int(env, -errno);
    const struct sockaddr *to = (const struct sockaddr *)&address.storage;
    if (prepare(fd, family, has_local ? &local : NULL, local_port, interface, speaks_first) &&
        (connect(fd, to, address.size) == 0 || errno == EINPROGRESS)) {
        uint32_t generation = mover_watch(mover, fd, WATCH_ALL);
        mover_scratch(mover)[0] = generation;
        if (generation != 0) return to_int(env, fd);
    }
    int error = errno;
    close(fd);
    return to_int(env, -error);
}

napi_value watch_connection(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    int32_t fd;
    if (!read_arguments(env, info, 2, values) || !read_int(env, values[1], &fd)) return NULL;
    struct mover *mover = mover_of(env, values[0]);
    if (mover == NULL) return NULL;
    uint32_t generation = mover_watch(mover, fd, WATCH_READS);
    return to_int(env, generation == 0 ? -errno : (int32_t)generation);
}

napi_value watch_writes(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    int32_t fd, generation;
    if (!read_arguments(env, info, 3, values) || !read_int(env, values[1], &fd) ||
        !read_int(env, values[2], &generation)) {
        return NULL;
    }
    struct mover *mover = mover_of(env, values[0]);
    if (mover != NULL) mover_rewatch(mover, fd, (uint32_t)generation, WATCH_ALL);
    return undefined(env);
}

napi_value unwatch_connection(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    int32_t fd;
    if (!read_arguments(env, info, 2, values) || !read_int(env, values[1], &fd)) return NULL;
    struct mover *mover = mover_of(env, values[0]);
    if (mover != NULL) mover_unwatch(mover, fd);
    return undefined(env);
}

napi_value receive_bytes(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    int32_t fd, bytes_max;
    if (!read_arguments(env, info, 3, values) || !read_int(env, values[1], &fd) ||
        !read_int(env, values[2], &bytes_max)) {
        return NULL;
    }
    struct mover *mover = mover_of(env, values[0]);
    if (mover == NULL) return NULL;
    size_t size;
    uint8_t *buffer = mover_buffer(mover, &size);
    if (bytes_max >= 0 && (size_t)bytes_max < size) size = (size_t)bytes_max;
    ssize_t count;
    do {
        count = recv(fd, buffer, size, MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return to_int(env, count < 0 ? -errno : (int32_t)count);
}

napi_value send_bytes(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    int32_t fd;
    void *bytes;
    size_t length;
    if (!read_arguments(env, info, 2, values) || !read_int(env, values[0], &fd) ||
        !read_array(env, values[1], napi_uint8_array, &bytes, &length)) {
        return NULL;
    }
    if (length > INT32_MAX) length = INT32_MAX;
    ssize_t count;
    do {
        count = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return to_int(env, count < 0 ? -errno : (int32_t)count);
}

napi_value close_descriptor(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    int32_t fd;
    bool is_reset;
    if (!read_arguments(env, info, 2, values) || !read_int(env, values[0], &fd) ||
        !read_bool(env, values[1], &is_reset)) {
        return NULL;
    }
    descriptor_close(fd, is_reset);
    return undefined(env);
}

napi_value set_options(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    int32_t fd;
    struct tcp_options options;
    if (!read_arguments(env, info, 6, values) || !read_int(env, values[0], &fd) ||
        !read_bool(env, values[1], &options.keepalive) ||
        !read_int(env, values[2], &options.idle_ms) ||
        !read_int(env, values[3], &options.interval_ms) ||
        !read_int(env, values[4], &options.count) ||
        !read_int(env, values[5], &options.user_timeout_ms)) {
        return NULL;
    }
    descriptor_set_tcp(fd, &options);
    return undefined(env);
}

napi_value local_address(napi_env env, napi_callback_info info) {
    napi_value values[ARGUMENTS_MAX];
    int32_t fd;
    if (!read_arguments(env, info, 2, values) || !read_int(env, values[1], &fd)) return NULL;
    struct mover *mover = mover_of(env, values[0]);
    if (mover == NULL) return NULL;
    struct address local = {.size = sizeof local.storage};
    if (getsockname(fd, (struct sockaddr *)&local.storage, &local.size) != 0) local.size = 0;
    if (local.size == 0) local.storage.ss_family = AF_UNSPEC;
    int32_t words[ADDRESS_WORDS];
    address_write(&local, words);
    double *scratch = mover_scratch(mover);
    for (int i = 0; i < ADDRESS_WORDS; i++) scratch[i] = words[i];
    return undefined(env);
}
