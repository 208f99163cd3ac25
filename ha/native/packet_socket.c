#include "packet_socket.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "arguments.h"

napi_value open_packet_socket(napi_env env, napi_callback_info info) {
    (void)info;
    /* Protocol 0: the kernel delivers no frames to it. */
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? throw_errno(env, "socket", errno) : to_int(env, fd);
}

napi_value send_frame(napi_env env, napi_callback_info info) {
    napi_value values[3];
    int32_t fd, index;
    const uint8_t *data;
    size_t length;
    if (!read_arguments(env, info, 3, values) || !read_int(env, values[0], &fd) ||
        !read_int(env, values[1], &index) || !read_bytes(env, values[2], &data, &length)) {
        return NULL;
    }
    if (length < ETH_HLEN) return throw_errno(env, "sendto", EMSGSIZE);
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = index, .sll_halen = ETH_ALEN};
    memcpy(&to.sll_protocol, data + 2 * ETH_ALEN, sizeof to.sll_protocol);
    memcpy(to.sll_addr, data, ETH_ALEN);
    ssize_t sent = sendto(fd, data, length, 0, (struct sockaddr *)&to, sizeof to);
    return sent < 0 ? throw_errno(env, "sendto", errno) : undefined(env);
}

napi_value interface_index(napi_env env, napi_callback_info info) {
    napi_value values[1];
    char name[IF_NAMESIZE];
    if (!read_arguments(env, info, 1, values) ||
        !read_interface(env, values[0], name, sizeof name)) {
        return NULL;
    }
    return to_int(env, (int32_t)if_nametoindex(name));
}
