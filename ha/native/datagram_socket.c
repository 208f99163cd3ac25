#include "datagram_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"

static socklen_t fill_address(struct sockaddr_storage *to, const char *interface,
                              const uint8_t *address, size_t length, uint16_t port) {
    memset(to, 0, sizeof *to);
    if (length == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)to;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, address, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    memcpy(&v6->sin6_addr, address, 16);
    if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr)) v6->sin6_scope_id = if_nametoindex(interface);
    return sizeof *v6;
}

napi_value open_datagram_socket(napi_env env, napi_callback_info info) {
    napi_value values[3];
    char interface[IF_NAMESIZE];
    const uint8_t *address;
    size_t length;
    int32_t port;
    if (!read_arguments(env, info, 3, values) ||
        !read_interface(env, values[0], interface, sizeof interface) ||
        !read_bytes(env, values[1], &address, &length) || !read_int(env, values[2], &port)) {
        return NULL;
    }
    if ((length != 4 && length != 16) || port < 0 || port > 65535) {
        return throw_errno(env, "bind", EINVAL);
    }
    struct sockaddr_storage local;
    socklen_t size = fill_address(&local, interface, address, length, (uint16_t)port);
    int fd = socket(local.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return throw_errno(env, "socket", errno);
    const char *call = "setsockopt SO_BINDTODEVICE";
    int one = 1;
    int failed = setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, strlen(interface));
    if (!failed && local.ss_family == AF_INET6) {
        call = "setsockopt IPV6_V6ONLY";
        failed = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    }
    if (!failed) {
        call = "bind";
        failed = bind(fd, (struct sockaddr *)&local, size);
    }
    if (!failed) return to_int(env, fd);
    int error = errno;
    close(fd);
    return throw_errno(env, call, error);
}
