#include "hop_limit_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include "arguments.h"

/* Offsets in the IPv6 header (RFC 8200 §3), which SKF_NET_OFF makes addressable. */
enum { HOP_LIMIT = 7, DESTINATION = 24 };

napi_value filter_hop_limit(napi_env env, napi_callback_info info) {
    napi_value values[1];
    int32_t fd;
    if (!read_arguments(env, info, 1, values) || !read_int(env, values[0], &fd)) return NULL;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF + DESTINATION),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xff, 0, 2),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF + HOP_LIMIT),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 255, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0) {
        return throw_errno(env, "setsockopt SO_ATTACH_FILTER", errno);
    }
    return undefined(env);
}
