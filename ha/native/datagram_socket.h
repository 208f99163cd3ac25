/* UDP sockets of one interface, which node:dgram cannot make. */
#ifndef TANDEM_DATAGRAM_SOCKET_H
#define TANDEM_DATAGRAM_SOCKET_H

#include <node_api.h>

/*
 * openDatagramSocket(interface, address, port): a descriptor bound to that interface, address (4 or
 * 16 bytes) and port. Needs CAP_NET_RAW on kernels before 5.7.
 */
napi_value open_datagram_socket(napi_env env, napi_callback_info info);

#endif
