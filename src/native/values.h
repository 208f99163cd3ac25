/*
 * What JavaScript passes to a call, and what it gets. Arguments are read in their order. The first
 * that is missing or of another type leaves a TypeError pending; it and all behind it read as zero.
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

/* A call whose arguments are being read. */
struct call {
    napi_env env;
    napi_value values[ARGUMENTS_MAX];
    size_t count; /* of values that were given */
    size_t taken; /* of them */
    bool is_refused;
};

/* The memory of a typed array, valid as long as the array is referred to. */
struct array {
    void *data;
    size_t length; /* in elements */
};

struct call read_call(napi_env env, napi_callback_info info);

/* Leaves a TypeError pending, unless there is one already. */
void refuse_call(struct call *call, const char *message);

napi_value next_value(struct call *call);
int32_t next_int(struct call *call);
double next_double(struct call *call);
bool next_bool(struct call *call);

/* A typed array of this type; `undefined` gives an empty one. */
struct array next_array(struct call *call, napi_typedarray_type type);

/* Copies a string of less than `size` bytes; `undefined` gives the empty one. */
void next_text(struct call *call, char *text, size_t size);

/* A result; that of a call which gives nothing is NULL. */
napi_value to_int(napi_env env, int32_t value);

/* What a call of the system gave, as a result: the negative errno in place of -1. */
napi_value to_outcome(napi_env env, int value);

#endif
