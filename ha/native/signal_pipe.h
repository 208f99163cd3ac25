/* Signals that Node has no name for. */
#ifndef TANDEM_SIGNAL_PIPE_H
#define TANDEM_SIGNAL_PIPE_H

#include <node_api.h>

/*
 * openSignal(number): takes a signal (1..64) for the rest of the process and gives a descriptor, on
 * which a byte can be read for each. EINVAL: cannot be taken. EBUSY: is taken already.
 */
napi_value open_signal(napi_env env, napi_callback_info info);

#endif
