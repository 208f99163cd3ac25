#include "connection.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "address.h"
#include "descriptor.h"
#include "mover.h"
#include "values.h"

/* Sets what must be set before connect(2); false with errno. */
static bool prepare(int fd, int family, const struct address *local, const char *interface,
                    bool speaks_first) {
    if (family == AF_UNIX) return true;
    if (!descriptor_bind_interface(fd, interface)) return false;
    if (local->size > 0) {
        // The port is chosen by connect(2), when the other end is known: ports are not used up by it.
        if (local->v4.sin_port == 0) descriptor_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
        else if (!descriptor_set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return false;
        if (bind(fd, &local->any, local->size) != 0) return false;
    }
    // The last packet of the handshake then waits for the bytes that follow it at once (tcp(7)).
    if (speaks_first) descriptor_set(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
    return descriptor_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

/* Starts to connect; whether that has succeeded already, as it mostly has with a server on this machine. */
static bool begin_connect(int fd, const struct address *to, bool *stands) {
    *stands = connect(fd, &to->any, to->size) == 0;
    if (*stands) return true;
    if (errno != EINPROGRESS) return false;
    struct pollfd asked = {.fd = fd, .events = POLLOUT};
    *stands = poll(&asked, 1, 0) == 1 && asked.revents == POLLOUT;
    return true;
}

napi_value open_connection(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    char interface[IF_NAMESIZE];
    struct mover *mover = next_mover(&call);
    bool is_unix = next_bool(&call);
    struct address address = next_address(&call, is_unix);
    struct address local = next_address(&call, false);
    next_text(&call, interface, sizeof interface);
    bool speaks_first = next_bool(&call);
    if (call.is_refused) return NULL;
    if (address.size == 0) return to_int(env, -ENAMETOOLONG);
    int family = address.any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int32_t generation = -1;
    bool stands = false;
    if (fd >= 0 && prepare(fd, family, &local, interface, speaks_first) &&
        begin_connect(fd, &address, &stands)) {
        generation = stands ? 0 : mover_watch(mover, fd, WATCH_ALL);
    }
    mover_scratch(mover)[0] = generation;
    return to_int(env, descriptor_conclude(fd, generation >= 0));
}

napi_value watch_connection(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call);
    if (call.is_refused) return NULL;
    return to_outcome(env, mover_watch(mover, fd, WATCH_READS));
}

napi_value watch_writes(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call), generation = next_int(&call);
    if (!call.is_refused) mover_rewatch(mover, fd, generation, WATCH_ALL);
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
    return to_int(env, descriptor_receive(fd, buffer, size));
}

napi_value send_bytes(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call);
    struct array bytes = next_array(&call, napi_uint8_array);
    if (call.is_refused) return NULL;
    return to_int(env, descriptor_send(fd, bytes.data, bytes.length));
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

napi_value socket_address(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call);
    bool is_peer = next_bool(&call);
    struct array words = next_array(&call, napi_int32_array);
    if (call.is_refused) return NULL;
    if (words.length < ADDRESS_WORDS) return to_int(env, -EINVAL);
    struct address found = {.size = sizeof found.room};
    int result = is_peer ? getpeername(fd, &found.any, &found.size)
                         : getsockname(fd, &found.any, &found.size);
    address_write(&found, words.data);
    return to_outcome(env, result);
}
