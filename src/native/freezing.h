/*
 * Relays that are stopped in mid-air, to be resumed elsewhere: their sockets are not touched any more,
 * and what was read from one and not taken by the other is in hand.
 *
 * Ownership: descriptors and bytes are the thread's until takeFrozen(), JavaScript's from then on.
 */
#ifndef TANDEM_FREEZING_H
#define TANDEM_FREEZING_H

#include <node_api.h>

#include "relay.h"

/* Numbers of takeFrozen(): descriptors, bytes, whether it is framed, and where the packets stand. */
enum { FROZEN_NUMBERS = 11 };

/* Stops a relay, which then comes to those that ended, with END_FROZEN; one that is ending goes on. */
void relay_freeze(struct engine *engine, struct relay *relay);

/* freezeRelay(mover, slot): its end is told, by END_FROZEN if it could be stopped. */
napi_value freeze_relay(napi_env env, napi_callback_info info);

/*
 * takeFrozen(mover, slot, numbers: Float64Array): descriptors and bytes of a relay that was told to be
 * frozen; the bytes for the client and for the server, each `undefined` or a Buffer. The slot is free.
 */
napi_value take_frozen(napi_env env, napi_callback_info info);

#endif
