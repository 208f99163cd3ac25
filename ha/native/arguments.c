#include "arguments.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

static bool refuse(napi_env env, const char *message) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
    return false;
}

bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
    size_t given = count;
    if (napi_get_cb_info(env, info, &given, values, NULL, NULL) != napi_ok || given < count) {
        return refuse(env, "too few arguments");
    }
    return true;
}

bool read_int(napi_env env, napi_value value, int32_t *out) {
    if (napi_get_value_int32(env, value, out) == napi_ok) return true;
    return refuse(env, "a number was expected");
}

bool read_bytes(napi_env env, napi_value value, const uint8_t **data, size_t *length) {
    bool is_array = false;
    napi_typedarray_type type;
    void *start = NULL;
    if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array ||
        napi_get_typedarray_info(env, value, &type, length, &start, NULL, NULL) != napi_ok ||
        type != napi_uint8_array) {
        return refuse(env, "a Uint8Array was expected");
    }
    *data = start;
    return true;
}

bool read_interface(napi_env env, napi_value value, char *name, size_t size) {
    size_t length = 0;
    if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) {
        return refuse(env, "the name of an interface was expected");
    }
    if (length == 0 || length >= size) {
        return refuse(env, "the name of an interface has 1 to 15 bytes");
    }
    return napi_get_value_string_utf8(env, value, name, size, &length) == napi_ok;
}

napi_value throw_errno(napi_env env, const char *syscall, int error) {
    char text[160];
    const char *code = uv_err_name(uv_translate_sys_error(error));
    snprintf(text, sizeof text, "%s: %s", syscall, strerror(error));
    napi_value message, code_text, syscall_text, object;
    if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message) == napi_ok &&
        napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &code_text) ==
            napi_ok &&
        napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &syscall_text) == napi_ok &&
        napi_create_error(env, code_text, message, &object) == napi_ok &&
        napi_set_named_property(env, object, "syscall", syscall_text) == napi_ok) {
        napi_throw(env, object);
    }
    return NULL;
}

napi_value to_int(napi_env env, int32_t value) {
    napi_value result = NULL;
    napi_create_int32(env, value, &result);
    return result;
}

napi_value to_double(napi_env env, double value) {
    napi_value result = NULL;
    napi_create_double(env, value, &result);
    return result;
}

napi_value undefined(napi_env env) {
    napi_value result = NULL;
    napi_get_undefined(env, &result);
    return result;
}
