#include "listening.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "address.h"
#include "descriptor.h"
#include "mover.h"
#include "values.h"

struct listen_options {
    bool v6only;
    bool transparent;
    char interface[IF_NAMESIZE];
};

/* Sets what must be set before bind(2); false with errno. */
static bool prepare(int fd, int family, const struct listen_options *options) {
    if (family == AF_UNIX) return true;
    if (family == AF_INET6 && !descriptor_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, options->v6only)) {
        return false;
    }
    if (options->transparent && !descriptor_set_transparent(fd, family, true)) return false;
    return descriptor_set(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
           descriptor_bind_interface(fd, options->interface) &&
           descriptor_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

napi_value open_listener(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct listen_options options;
    bool is_unix = next_bool(&call);
    struct address address = next_address(&call, is_unix);
    int32_t backlog = next_int(&call);
    options.v6only = next_bool(&call);
    options.transparent = next_bool(&call);
    next_text(&call, options.interface, sizeof options.interface);
    if (call.is_refused) return NULL;
    if (address.size == 0) return to_int(env, -ENAMETOOLONG);
    int family = address.any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_open = fd >= 0 && prepare(fd, family, &options) &&
                   bind(fd, &address.any, address.size) == 0 && listen(fd, backlog) == 0;
    return to_int(env, descriptor_conclude(fd, is_open));
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
    descriptor_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return to_int(env, 0);
}

napi_value watch_listener(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call);
    if (call.is_refused) return NULL;
    return to_outcome(env, mover_watch(mover, fd, WATCH_NEWCOMERS));
}

napi_value set_accepting(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    struct mover *mover = next_mover(&call);
    int32_t fd = next_int(&call), generation = next_int(&call);
    enum watch what = next_bool(&call) ? WATCH_NEWCOMERS : WATCH_NOTHING;
    if (!call.is_refused) mover_rewatch(mover, fd, generation, what);
    return NULL;
}
