#include "values.h"

#include <errno.h>

struct call read_call(napi_env env, napi_callback_info info) {
    struct call call = {.env = env, .count = ARGUMENTS_MAX};
    napi_get_cb_info(env, info, &call.count, call.values, NULL, NULL);
    // The count is of all that were given, however little room there is.
    if (call.count > ARGUMENTS_MAX) call.count = ARGUMENTS_MAX;
    return call;
}

void refuse_call(struct call *call, const char *message) {
    if (!call->is_refused) napi_throw_type_error(call->env, "ERR_INVALID_ARG_TYPE", message);
    call->is_refused = true;
}

/* No type fits NULL, so that the readers need not ask for it. */
napi_value next_value(struct call *call) {
    if (!call->is_refused && call->taken < call->count) return call->values[call->taken++];
    refuse_call(call, "too few arguments");
    return NULL;
}

int32_t next_int(struct call *call) {
    int32_t number = 0;
    if (napi_get_value_int32(call->env, next_value(call), &number) != napi_ok) {
        refuse_call(call, "a number was expected");
    }
    return number;
}

double next_double(struct call *call) {
    double number = 0;
    if (napi_get_value_double(call->env, next_value(call), &number) != napi_ok) {
        refuse_call(call, "a number was expected");
    }
    return number;
}

bool next_bool(struct call *call) {
    bool truth = false;
    if (napi_get_value_bool(call->env, next_value(call), &truth) != napi_ok) {
        refuse_call(call, "true or false was expected");
    }
    return truth;
}

static bool is_undefined(napi_env env, napi_value value) {
    napi_valuetype type;
    return napi_typeof(env, value, &type) == napi_ok && type == napi_undefined;
}

struct array next_array(struct call *call, napi_typedarray_type type) {
    napi_env env = call->env;
    napi_value value = next_value(call);
    struct array array = {0};
    bool is_array = false;
    napi_typedarray_type given;
    if (is_undefined(env, value)) return array;
    if (napi_is_typedarray(env, value, &is_array) == napi_ok && is_array &&
        napi_get_typedarray_info(env, value, &given, &array.length, &array.data, NULL, NULL) ==
            napi_ok &&
        given == type) {
        return array;
    }
    refuse_call(call, "a typed array of another type was expected");
    return (struct array){0};
}

void next_text(struct call *call, char *text, size_t size) {
    napi_env env = call->env;
    napi_value value = next_value(call);
    size_t length = 0;
    text[0] = '\0';
    if (is_undefined(env, value)) return;
    if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok || length >= size) {
        refuse_call(call, "a shorter string was expected");
        return;
    }
    napi_get_value_string_utf8(env, value, text, size, &length);
}

napi_value to_int(napi_env env, int32_t value) {
    napi_value result = NULL;
    napi_create_int32(env, value, &result);
    return result;
}

napi_value to_outcome(napi_env env, int value) { return to_int(env, value < 0 ? -errno : value); }
