/*
 * Descriptors on their way to another process (unix(7), SCM_RIGHTS). A channel keeps messages apart, so
 * that each comes whole and with its own descriptors.
 */
#ifndef TANDEM_PASSING_H
#define TANDEM_PASSING_H

#include <node_api.h>

/* Descriptors that one message may carry. */
enum { PASSED_MAX = 16 };

/* openChannel(ends: Int32Array): a pair of connected ends; 0, or a negative errno. */
napi_value open_channel(napi_env env, napi_callback_info info);

/* duplicateDescriptor(fd): another number for the same socket, or a negative errno. */
napi_value duplicate_descriptor(napi_env env, napi_callback_info info);

/*
 * sendDescriptors(channel, bytes, fds: Int32Array): sends a message, without waiting; its length or a
 * negative errno. The descriptors stay open here.
 */
napi_value send_descriptors(napi_env env, napi_callback_info info);

/*
 * receiveDescriptors(channel, bytes, fds: Int32Array): takes a message; its length, 0 at the end, or a
 * negative errno. The descriptors are the caller's; where there are fewer than asked for stands -1.
 */
napi_value receive_descriptors(napi_env env, napi_callback_info info);

#endif
