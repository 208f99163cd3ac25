/* The functions that src/io/mover/native/addon.ts declares. */
#include <node_api.h>

#include "connection.h"
#include "freezing.h"
#include "listening.h"
#include "mover.h"
#include "passing.h"
#include "relaying.h"
#include "repair.h"

#define FUNCTION(name, function) {name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL}

NAPI_MODULE_INIT() {
    napi_property_descriptor functions[] = {
        FUNCTION("openMover", open_mover),
        FUNCTION("closeMover", close_mover),
        FUNCTION("holdMover", hold_mover),
        FUNCTION("setThreads", set_threads),
        FUNCTION("openListener", open_listener),
        FUNCTION("adoptListener", adopt_listener),
        FUNCTION("watchListener", watch_listener),
        FUNCTION("setAccepting", set_accepting),
        FUNCTION("openConnection", open_connection),
        FUNCTION("watch", watch_connection),
        FUNCTION("watchWrites", watch_writes),
        FUNCTION("unwatch", unwatch_connection),
        FUNCTION("receive", receive_bytes),
        FUNCTION("send", send_bytes),
        FUNCTION("closeDescriptor", close_descriptor),
        FUNCTION("setOptions", set_options),
        FUNCTION("socketAddress", socket_address),
        FUNCTION("startRelay", start_relay),
        FUNCTION("retimeRelay", retime_relay),
        FUNCTION("leaveRelay", leave_relay),
        FUNCTION("closeRelay", close_relay),
        FUNCTION("countRelay", count_relay),
        FUNCTION("freezeRelay", freeze_relay),
        FUNCTION("takeFrozen", take_frozen),
        FUNCTION("openChannel", open_channel),
        FUNCTION("duplicateDescriptor", duplicate_descriptor),
        FUNCTION("sendDescriptors", send_descriptors),
        FUNCTION("receiveDescriptors", receive_descriptors),
        FUNCTION("getTcpOption", get_tcp_option),
        FUNCTION("setTcpOption", set_tcp_option),
        FUNCTION("peekBytes", peek_bytes),
        FUNCTION("openRepaired", open_repaired),
        FUNCTION("reserveQueues", reserve_queues),
        FUNCTION("endRepair", end_repair),
    };
    size_t count = sizeof functions / sizeof functions[0];
    if (napi_define_properties(env, exports, count, functions) != napi_ok) return NULL;
    return exports;
}
