/* Whole Ethernet frames, packet(7). Needs CAP_NET_RAW. */
#ifndef TANDEM_PACKET_SOCKET_H
#define TANDEM_PACKET_SOCKET_H

#include <node_api.h>

/* openPacketSocket(): a descriptor that sends frames and receives nothing. */
napi_value open_packet_socket(napi_env env, napi_callback_info info);

/* sendFrame(fd, ifindex, frame): sends a frame that begins with its Ethernet header. */
napi_value send_frame(napi_env env, napi_callback_info info);

/* interfaceIndex(name): its number in this network namespace, 0 when there is none. */
napi_value interface_index(napi_env env, napi_callback_info info);

#endif
