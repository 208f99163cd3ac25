/* A clock that counts the time of a suspended machine. */
#ifndef TANDEM_BOOT_TIME_H
#define TANDEM_BOOT_TIME_H

#include <node_api.h>

/* bootTimeMs(): milliseconds since the machine started, suspension included (CLOCK_BOOTTIME). */
napi_value boot_time_ms(napi_env env, napi_callback_info info);

#endif
