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
    struct call call = read_call(env, info);
    char interface[IF_NAMESIZE];
    struct mover *mover = next_mover(&call);
    bool is_unix = next_bool(&call);
    struct array bytes = next_array(&call, napi_uint8_array);
    int32_t port = next_int(&call);
    struct array local_bytes = next_array(&call, napi_uint8_array);
    int32_t local_port = next_int(&call);
    next_text(&call, interface, sizeof interface);
    bool speaks_first = next_bool(&call);
    if (call.is_refused) return NULL;
    struct address address, local;
    if (!address_fill(&address, is_unix, bytes.data, bytes.length, port)) {
        return to_int(env, -ENAMETOOLONG);
    }
    bool has_local = local_bytes.length > 0;
    if (has_local &&
        !address_fill(&local, false, local_bytes.data, local_bytes.length, local_port)) {
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
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call);
    if (call.is_refused) return NULL;
    uint32_t generation = mover_watch(mover, fd, WATCH_READS);
    return to_int(env, generation == 0 ? -errno : (int32_t)generation);
}

napi_value watch_writes(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call), generation = next_int(&call);
    if (!call.is_refused) mover_rewatch(mover, fd, (uint32_t)generation, WATCH_ALL);
    return NULL;
}

napi_value unwatch_connection(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call);
    if (!call.is_refused) mover_unwatch(mover, fd);
    return NULL;
}

napi_value receive_bytes(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call), bytes_max = next_int(&call);
    if (call.is_refused) return NULL;
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
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call);
    struct array bytes = next_array(&call, napi_uint8_array);
    if (call.is_refused) return NULL;
    size_t length = bytes.length < INT32_MAX ? bytes.length : INT32_MAX;
    ssize_t count;
    do {
        count = send(fd, bytes.data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return to_int(env, count < 0 ? -errno : (int32_t)count);
}

napi_value close_descriptor(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call);
    bool is_reset = next_bool(&call);
    if (!call.is_refused) descriptor_close(fd, is_reset);
    return NULL;
}

napi_value set_options(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct tcp_options options;
    int32_t fd = next_int(&call);
    options.keepalive = next_bool(&call);
    options.idle_ms = next_int(&call);
    options.interval_ms = next_int(&call);
    options.count = next_int(&call);
    options.user_timeout_ms = next_int(&call);
    if (!call.is_refused) descriptor_set_tcp(fd, &options);
    return NULL;
}

napi_value local_address(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call);
    if (call.is_refused) return NULL;
    struct address local = {.size = sizeof local.storage};
    if (getsockname(fd, (struct sockaddr *)&local.storage, &local.size) != 0) local.size = 0;
    if (local.size == 0) local.storage.ss_family = AF_UNSPEC;
    int32_t words[ADDRESS_WORDS];
    address_write(&local, words);
    double *scratch = mover_scratch(mover);
    for (int i = 0; i < ADDRESS_WORDS; i++) scratch[i] = words[i];
    return NULL;
}
