/*
 * Arguments of calls from JavaScript and their results. Each reader leaves a TypeError pending when it fails.
 * A descriptor is a number here: reading it takes nothing over.
 */
#ifndef TANDEM_VALUES_H
#define TANDEM_VALUES_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most arguments that any function here takes. */
enum { ARGUMENTS_MAX = 10 };

/* Reads exactly `count` arguments; false when there are fewer. */
bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);

bool read_int(napi_env env, napi_value value, int32_t *out);
bool read_double(napi_env env, napi_value value, double *out);
bool read_bool(napi_env env, napi_value value, bool *out);

/* The memory of a typed array, valid as long as the array is referred to; `undefined` gives no bytes. */
bool read_array(napi_env env, napi_value value, napi_typedarray_type type, void **data,
                size_t *length);

/* Copies a string of less than `size` bytes; `undefined` gives the empty one. */
bool read_text(napi_env env, napi_value value, char *text, size_t size);

napi_value to_int(napi_env env, int32_t value);
napi_value undefined(napi_env env);

#endif
