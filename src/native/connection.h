/* Connections that are in no relay. Their descriptors belong to JavaScript. */
#ifndef TANDEM_CONNECTION_H
#define TANDEM_CONNECTION_H

#include <node_api.h>

/*
 * openConnection(mover, isUnix, address, port, local, localPort, interface, speaksFirst): a descriptor,
 * or a negative errno. The first scratch number is its generation while it is connecting, and 0 when it is
 * connected already, and not watched. `local` may be undefined; `speaksFirst` when bytes are sent as soon
 * as it is connected.
 */
napi_value open_connection(napi_env env, napi_callback_info info);

/* watch(mover, fd): tells of what can be read from now on; the generation that records carry, or a negative errno. */
napi_value watch_connection(napi_env env, napi_callback_info info);

/* watchWrites(mover, fd, generation): tells, too, when the kernel takes bytes. */
napi_value watch_writes(napi_env env, napi_callback_info info);

/* unwatch(mover, fd): tells no more; the descriptor can be given to somebody else. */
napi_value unwatch_connection(napi_env env, napi_callback_info info);

/* receive(mover, fd, bytesMax): the count of bytes in the mover's buffer, 0 at the end, or a negative errno. */
napi_value receive_bytes(napi_env env, napi_callback_info info);

/* send(fd, bytes): how many the kernel took, or a negative errno. */
napi_value send_bytes(napi_env env, napi_callback_info info);

/* closeDescriptor(fd, isReset) */
napi_value close_descriptor(napi_env env, napi_callback_info info);

/* setOptions(fd, keepalive, idleMs, intervalMs, count, userTimeoutMs); 0 leaves the system's setting. */
napi_value set_options(napi_env env, napi_callback_info info);

/*
 * socketAddress(fd, isPeer, words: Int32Array): writes the words of a socket's own address, or of its
 * peer's, and those of no address when there is none; 0 or a negative errno.
 */
napi_value socket_address(napi_env env, napi_callback_info info);

#endif
