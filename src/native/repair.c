#include "repair.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "descriptor.h"
#include "values.h"

/* Since Linux 5.14 and older than the headers of some systems (asm-generic/socket.h). */
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

static napi_value to_outcome(napi_env env, int result) {
    return to_int(env, result < 0 ? -errno : result);
}

static int set(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}

napi_value get_tcp_option(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call), name = next_int(&call);
    struct array value = next_array(&call, napi_uint8_array);
    if (call.is_refused) return NULL;
    socklen_t size = (socklen_t)value.length;
    int result = getsockopt(fd, IPPROTO_TCP, name, value.data, &size);
    return to_outcome(env, result < 0 ? result : (int)size);
}

napi_value set_tcp_option(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call), name = next_int(&call);
    struct array value = next_array(&call, napi_uint8_array);
    if (call.is_refused) return NULL;
    return to_outcome(env, setsockopt(fd, IPPROTO_TCP, name, value.data, (socklen_t)value.length));
}

napi_value peek_bytes(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call);
    struct array bytes = next_array(&call, napi_uint8_array);
    if (call.is_refused) return NULL;
    return to_outcome(env, (int)recv(fd, bytes.data, bytes.length, MSG_PEEK | MSG_DONTWAIT));
}

napi_value both_addresses(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call);
    struct array room = next_array(&call, napi_int32_array);
    if (call.is_refused) return NULL;
    if (room.length < 2 * ADDRESS_WORDS) return to_int(env, -EINVAL);
    struct address own = {.size = sizeof own.storage}, peer = {.size = sizeof peer.storage};
    if (getsockname(fd, (struct sockaddr *)&own.storage, &own.size) != 0 ||
        getpeername(fd, (struct sockaddr *)&peer.storage, &peer.size) != 0) {
        return to_int(env, -errno);
    }
    int32_t *words = room.data;
    address_write(&own, words);
    address_write(&peer, words + ADDRESS_WORDS);
    return to_int(env, 0);
}

/* Where the numbers of a queue begin. */
static int begin_queue(int fd, int queue, uint32_t sequence) {
    if (set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue) != 0) return -1;
    return setsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &sequence, sizeof sequence);
}

/* Under repair connect(2) sends nothing, and bind(2) looks past those who listen on that port. */
static int join(int fd, const struct address *local, const struct address *peer,
                uint32_t receive_sequence, uint32_t send_sequence) {
    int family = local->storage.ss_family;
    if (set(fd, IPPROTO_TCP, TCP_REPAIR, 1) != 0 ||
        begin_queue(fd, TCP_RECV_QUEUE, receive_sequence) != 0 ||
        begin_queue(fd, TCP_SEND_QUEUE, send_sequence) != 0 ||
        !descriptor_set_transparent(fd, family, true) ||
        bind(fd, (const struct sockaddr *)&local->storage, local->size) != 0 ||
        connect(fd, (const struct sockaddr *)&peer->storage, peer->size) != 0) {
        return -1;
    }
    return descriptor_set_transparent(fd, family, false) ? set(fd, IPPROTO_TCP, TCP_NODELAY, 1) : -1;
}

napi_value open_repaired(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct array bytes = next_array(&call, napi_uint8_array);
    int32_t port = next_int(&call);
    struct array local_bytes = next_array(&call, napi_uint8_array);
    int32_t local_port = next_int(&call);
    double receive_sequence = next_double(&call), send_sequence = next_double(&call);
    if (call.is_refused) return NULL;
    struct address local, peer;
    if (!address_fill(&local, false, local_bytes.data, local_bytes.length, local_port) ||
        !address_fill(&peer, false, bytes.data, bytes.length, port)) {
        return to_int(env, -EINVAL);
    }
    int fd = socket(peer.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return to_int(env, -errno);
    if (join(fd, &local, &peer, (uint32_t)receive_sequence, (uint32_t)send_sequence) == 0) {
        return to_int(env, fd);
    }
    int error = errno;
    close(fd);
    return to_int(env, -error);
}

napi_value reserve_queues(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call), receive_bytes = next_int(&call), send_bytes = next_int(&call);
    if (call.is_refused) return NULL;
    int result = 0;
    // The kernel reserves twice as much, as its own records take room, too.
    if (receive_bytes > 0) result = set(fd, SOL_SOCKET, SO_RCVBUFFORCE, receive_bytes);
    if (result == 0 && send_bytes > 0) result = set(fd, SOL_SOCKET, SO_SNDBUFFORCE, send_bytes);
    if (result < 0) return to_int(env, -errno);
    // From here on the kernel sizes them again; older ones cannot, which only costs memory.
    set(fd, SOL_SOCKET, SO_BUF_LOCK, 0);
    return to_int(env, 0);
}

napi_value end_repair(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call);
    if (call.is_refused) return NULL;
    int result = set(fd, IPPROTO_TCP, TCP_REPAIR, 0);
    // The end of a repair takes it away; without it nobody could listen anew on a port of this connection.
    if (result == 0) result = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    return to_outcome(env, result);
}
