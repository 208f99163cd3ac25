/* The functions that ha/io/native.ts declares. */
#include <node_api.h>

#include "boot_time.h"
#include "datagram_socket.h"
#include "hop_limit_filter.h"
#include "packet_socket.h"
#include "process.h"
#include "signal_pipe.h"

#define FUNCTION(name, function) {name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL}

NAPI_MODULE_INIT() {
    napi_property_descriptor functions[] = {
        FUNCTION("openPacketSocket", open_packet_socket),
        FUNCTION("sendFrame", send_frame),
        FUNCTION("interfaceIndex", interface_index),
        FUNCTION("filterHopLimit", filter_hop_limit),
        FUNCTION("openDatagramSocket", open_datagram_socket),
        FUNCTION("lockMemory", lock_memory),
        FUNCTION("bootTimeMs", boot_time_ms),
        FUNCTION("openSignal", open_signal),
    };
    size_t count = sizeof functions / sizeof functions[0];
    if (napi_define_properties(env, exports, count, functions) != napi_ok) return NULL;
    return exports;
}
