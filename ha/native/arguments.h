/* Arguments of calls from JavaScript, and errors back to it. */
#ifndef TANDEM_ARGUMENTS_H
#define TANDEM_ARGUMENTS_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARGUMENTS_MAX = 4 };

/* Reads `count` arguments; false with a TypeError pending when there are fewer. */
bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);

/* Each reads one argument; false with a TypeError pending when it is of another type. */
bool read_int(napi_env env, napi_value value, int32_t *out);
bool read_bytes(napi_env env, napi_value value, const uint8_t **data, size_t *length);

/* Copies a name of an interface; false with an error pending when it is empty or too long. */
bool read_interface(napi_env env, napi_value value, char *name, size_t size);

/* A pending Error whose `code` is the name of `error` (EPERM...) and `syscall` the call that failed. */
napi_value throw_errno(napi_env env, const char *syscall, int error);

napi_value to_int(napi_env env, int32_t value);
napi_value to_double(napi_env env, double value);
napi_value undefined(napi_env env);

#endif
