/* Listening sockets. They belong to JavaScript from the call that made them on. */
#ifndef TANDEM_LISTENING_H
#define TANDEM_LISTENING_H

#include <node_api.h>

/*
 * openListener(isUnix, address, port, backlog, v6only, transparent, interface): a listening
 * descriptor, or a negative errno. Connections inherit TCP_NODELAY. A transparent one needs
 * CAP_NET_ADMIN.
 */
napi_value open_listener(napi_env env, napi_callback_info info);

/* adoptListener(fd, backlog): makes an inherited descriptor listen; 0 or a negative errno. */
napi_value adopt_listener(napi_env env, napi_callback_info info);

/* watchListener(mover, fd): begins to accept; the generation that records carry, or a negative errno. */
napi_value watch_listener(napi_env env, napi_callback_info info);

/* setAccepting(mover, fd, generation, isAccepting) */
napi_value set_accepting(napi_env env, napi_callback_info info);

#endif
