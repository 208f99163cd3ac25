/* Relays as JavaScript asks for them. */
#ifndef TANDEM_RELAYING_H
#define TANDEM_RELAYING_H

#include <node_api.h>

/*
 * startRelay(mover, client, server, spec, clientBytes, serverBytes, toClient, toServer): joins two
 * watched descriptors, which are the relay's from now on; its slot, or a negative errno. The counts
 * are of bytes received before; the last two are sent first and may be undefined. `spec` is five
 * timeouts in ms in the order of `struct relay_spec`, negative when infinite, and 1 or 0.
 */
napi_value start_relay(napi_env env, napi_callback_info info);

/* retimeRelay(mover, slot, spec) */
napi_value retime_relay(napi_env env, napi_callback_info info);

/* closeRelay(mover, slot, isReset) */
napi_value close_relay(napi_env env, napi_callback_info info);

/* countRelay(mover, slot): writes bytes and packets of client and server into the scratch numbers. */
napi_value count_relay(napi_env env, napi_callback_info info);

#endif
