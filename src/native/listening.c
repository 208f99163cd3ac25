#include "listening.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "descriptor.h"
#include "mover.h"
#include "values.h"

struct listen_options {
    bool v6only;
    bool transparent;
    char interface[IF_NAMESIZE];
};

static bool set(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* Sets what must be set before bind(2); false with errno. */
static bool prepare(int fd, int family, const struct listen_options *options) {
    if (family == AF_UNIX) return true;
    if (!set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return false;
    if (family == AF_INET6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, options->v6only)) return false;
    if (options->transparent && !descriptor_set_transparent(fd, family, true)) return false;
    const char *interface = options->interface;
    if (interface[0] != '\0' &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) != 0) {
        return false;
    }
    return set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

napi_value open_listener(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct listen_options options;
    bool is_unix = next_bool(&call);
    struct array bytes = next_array(&call, napi_uint8_array);
    int32_t port = next_int(&call), backlog = next_int(&call);
    options.v6only = next_bool(&call);
    options.transparent = next_bool(&call);
    next_text(&call, options.interface, sizeof options.interface);
    if (call.is_refused) return NULL;
    struct address address;
    if (!address_fill(&address, is_unix, bytes.data, bytes.length, port)) {
        return to_int(env, -ENAMETOOLONG);
    }
    int family = address.storage.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return to_int(env, -errno);
    if (prepare(fd, family, &options) &&
        bind(fd, (struct sockaddr *)&address.storage, address.size) == 0 &&
        listen(fd, backlog) == 0) {
        return to_int(env, fd);
    }
    int error = errno;
    close(fd);
    return to_int(env, -error);
}

napi_value adopt_listener(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    int32_t fd = next_int(&call), backlog = next_int(&call);
    if (call.is_refused) return NULL;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || listen(fd, backlog) != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return to_int(env, -errno);
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return to_int(env, 0);
}

napi_value watch_listener(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call);
    if (call.is_refused) return NULL;
    uint32_t generation = mover_watch(mover, fd, WATCH_NEWCOMERS);
    return to_int(env, generation == 0 ? -errno : (int32_t)generation);
}

napi_value set_accepting(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call), generation = next_int(&call);
    enum watch what = next_bool(&call) ? WATCH_NEWCOMERS : WATCH_NOTHING;
    if (!call.is_refused) mover_rewatch(mover, fd, (uint32_t)generation, what);
    return NULL;
}
