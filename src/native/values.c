#include "values.h"

static bool refuse(napi_env env, const char *message) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
    return false;
}

bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
    size_t given = count;
    if (napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok && given >= count) {
        return true;
    }
    return refuse(env, "too few arguments");
}

bool read_int(napi_env env, napi_value value, int32_t *out) {
    if (napi_get_value_int32(env, value, out) == napi_ok) return true;
    return refuse(env, "a number was expected");
}

bool read_double(napi_env env, napi_value value, double *out) {
    if (napi_get_value_double(env, value, out) == napi_ok) return true;
    return refuse(env, "a number was expected");
}

bool read_bool(napi_env env, napi_value value, bool *out) {
    if (napi_get_value_bool(env, value, out) == napi_ok) return true;
    return refuse(env, "true or false was expected");
}

static bool is_undefined(napi_env env, napi_value value) {
    napi_valuetype type;
    return napi_typeof(env, value, &type) == napi_ok && type == napi_undefined;
}

bool read_array(napi_env env, napi_value value, napi_typedarray_type type, void **data,
                size_t *length) {
    *data = NULL;
    *length = 0;
    if (is_undefined(env, value)) return true;
    bool is_array = false;
    napi_typedarray_type given;
    if (napi_is_typedarray(env, value, &is_array) == napi_ok && is_array &&
        napi_get_typedarray_info(env, value, &given, length, data, NULL, NULL) == napi_ok &&
        given == type) {
        return true;
    }
    return refuse(env, "a typed array of another type was expected");
}

bool read_text(napi_env env, napi_value value, char *text, size_t size) {
    text[0] = '\0';
    if (is_undefined(env, value)) return true;
    size_t length = 0;
    if (napi_get_value_string_utf8(env, value, NULL, 0, &length) == napi_ok && length < size) {
        return napi_get_value_string_utf8(env, value, text, size, &length) == napi_ok;
    }
    return refuse(env, "a shorter string was expected");
}

napi_value to_int(napi_env env, int32_t value) {
    napi_value result = NULL;
    napi_create_int32(env, value, &result);
    return result;
}

napi_value undefined(napi_env env) {
    napi_value result = NULL;
    napi_get_undefined(env, &result);
    return result;
}
