#include "boot_time.h"

#include <errno.h>
#include <time.h>

#include "arguments.h"

napi_value boot_time_ms(napi_env env, napi_callback_info info) {
    (void)info;
    struct timespec now;
    if (clock_gettime(CLOCK_BOOTTIME, &now) < 0) return throw_errno(env, "clock_gettime", errno);
    return to_double(env, (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6);
}
