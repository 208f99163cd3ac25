#include "passing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "values.h"

/* Room for the descriptors of one message, aligned as the kernel wants it. */
union rights {
    char bytes[CMSG_SPACE(PASSED_MAX * sizeof(int))];
    struct cmsghdr header;
};

napi_value open_channel(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct array room = next_array(&call, napi_int32_array);
    if (call.is_refused) return NULL;
    if (room.length < 2) return to_int(env, -EINVAL);
    int kind = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
    return to_outcome(env, socketpair(AF_UNIX, kind, 0, room.data));
}

napi_value duplicate_descriptor(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call);
    if (call.is_refused) return NULL;
    return to_outcome(env, fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

napi_value send_descriptors(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t channel = next_int(&call);
    struct array bytes = next_array(&call, napi_uint8_array);
    struct array fds = next_array(&call, napi_int32_array);
    if (call.is_refused) return NULL;
    size_t fds_size = fds.length * sizeof(int);
    if (bytes.length == 0 || fds_size == 0 || fds.length > PASSED_MAX) return to_int(env, -EINVAL);
    union rights rights = {0};
    struct iovec part = {.iov_base = bytes.data, .iov_len = bytes.length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = rights.bytes};
    message.msg_controllen = CMSG_SPACE(fds_size);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds_size);
    memcpy(CMSG_DATA(header), fds.data, fds_size);
    ssize_t sent;
    do {
        sent = sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return to_outcome(env, (int)sent);
}

/* Takes the descriptors out of a message; those beyond the room for them are closed. */
static int take_descriptors(struct msghdr *message, int32_t *fds, size_t room) {
    size_t taken = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if (taken < room) fds[taken++] = fd;
            else close(fd);
        }
    }
    return (int)taken;
}

napi_value receive_descriptors(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t channel = next_int(&call);
    struct array bytes = next_array(&call, napi_uint8_array);
    struct array fds = next_array(&call, napi_int32_array);
    if (call.is_refused) return NULL;
    union rights rights;
    struct iovec part = {.iov_base = bytes.data, .iov_len = bytes.length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = rights.bytes};
    message.msg_controllen = sizeof rights.bytes;
    ssize_t count;
    do {
        count = recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return to_int(env, -errno);
    int32_t *list = fds.data;
    int taken = take_descriptors(&message, list, fds.length);
    for (size_t i = (size_t)taken; i < fds.length; i++) list[i] = -1;
    // What was cut off is of no use: its descriptors are not kept either.
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        for (int i = 0; i < taken; i++) close(list[i]);
        return to_int(env, -EMSGSIZE);
    }
    return to_int(env, (int32_t)count);
}
