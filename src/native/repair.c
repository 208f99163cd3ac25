#include "repair.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "address.h"
#include "descriptor.h"
#include "values.h"

/* Since Linux 5.14 and older than the headers of some systems (asm-generic/socket.h). */
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

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

/* Where the numbers of a queue begin. */
static bool begin_queue(int fd, int queue, uint32_t sequence) {
    return descriptor_set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue) &&
           descriptor_set(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, (int)sequence);
}

napi_value open_repaired(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct address peer = next_address(&call, false), local = next_address(&call, false);
    double receive_sequence = next_double(&call), send_sequence = next_double(&call);
    if (call.is_refused) return NULL;
    if (local.size == 0 || peer.size == 0) return to_int(env, -EINVAL);
    int family = peer.any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    // Under repair connect(2) sends nothing, and bind(2) looks past those who listen on that port.
    bool is_open = fd >= 0 && descriptor_set(fd, IPPROTO_TCP, TCP_REPAIR, 1) &&
                   begin_queue(fd, TCP_RECV_QUEUE, (uint32_t)receive_sequence) &&
                   begin_queue(fd, TCP_SEND_QUEUE, (uint32_t)send_sequence) &&
                   descriptor_set_transparent(fd, family, true) &&
                   bind(fd, &local.any, local.size) == 0 &&
                   connect(fd, &peer.any, peer.size) == 0 &&
                   descriptor_set_transparent(fd, family, false) &&
                   descriptor_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return to_int(env, descriptor_conclude(fd, is_open));
}

napi_value reserve_queues(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call), receive_bytes = next_int(&call), send_bytes = next_int(&call);
    if (call.is_refused) return NULL;
    // The kernel reserves twice as much, as its own records take room, too.
    if ((receive_bytes > 0 && !descriptor_set(fd, SOL_SOCKET, SO_RCVBUFFORCE, receive_bytes)) ||
        (send_bytes > 0 && !descriptor_set(fd, SOL_SOCKET, SO_SNDBUFFORCE, send_bytes))) {
        return to_int(env, -errno);
    }
    // From here on the kernel sizes them again; older ones cannot, which only costs memory.
    descriptor_set(fd, SOL_SOCKET, SO_BUF_LOCK, 0);
    return to_int(env, 0);
}

napi_value end_repair(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call);
    if (call.is_refused) return NULL;
    // The end of a repair takes it away; without it nobody could listen anew on a port of this connection.
    bool is_done = descriptor_set(fd, IPPROTO_TCP, TCP_REPAIR, 0) &&
                   descriptor_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    return to_outcome(env, is_done ? 0 : -1);
}
