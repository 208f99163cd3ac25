/*
 * Relays as JavaScript asks for them.
 *
 * Ownership: both descriptors of startRelay() are the relay's once it has given a slot; until then, and
 * when it is refused, they are JavaScript's.
 */
#ifndef TANDEM_RELAYING_H
#define TANDEM_RELAYING_H

#include <node_api.h>

#include "relay.h"

/*
 * startRelay(mover, client, server, spec, clientBytes, serverBytes, toClient, toServer, isClientWatched,
 * isServerWatched): joins two descriptors; the relay's slot, or a negative errno. The counts are of bytes
 * received before; what is `toClient` and `toServer` is sent first and may be undefined; the last two tell
 * which of them the mover watches. `spec` is the five timeouts of `struct relay_spec` in its order, ms,
 * negative when infinite, and its two choices, 1 or 0; then 1 or 0 for the framing of MQTT, with stage,
 * type and value of `struct frames` for client and server.
 */
napi_value start_relay(napi_env env, napi_callback_info info);

/* retimeRelay(mover, slot, spec) */
napi_value retime_relay(napi_env env, napi_callback_info info);

/* leaveRelay(mover, slot, farewell): see relay_leave(); `farewell` may be undefined. */
napi_value leave_relay(napi_env env, napi_callback_info info);

/* closeRelay(mover, slot, isReset) */
napi_value close_relay(napi_env env, napi_callback_info info);

/* countRelay(mover, slot): writes the totals of relaying_write_totals() into the scratch numbers. */
napi_value count_relay(napi_env env, napi_callback_info info);

/* Writes bytes and reads of client and server, then, with framing, the packets of each by type. */
void relaying_write_totals(const struct relay *relay, double *totals);

#endif
