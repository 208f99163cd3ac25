/*
 * Connections of TCP that leave one kernel and go on in another (tcp(7), TCP_REPAIR; linux/tcp.h). Single
 * steps only: src/io/handover/ knows their order. All of it needs CAP_NET_ADMIN.
 *
 * Ownership: every descriptor here is JavaScript's.
 */
#ifndef TANDEM_REPAIR_H
#define TANDEM_REPAIR_H

#include <node_api.h>

/* getTcpOption(fd, name, value): reads an option of TCP; its length, or a negative errno. */
napi_value get_tcp_option(napi_env env, napi_callback_info info);

/* setTcpOption(fd, name, value): 0 or a negative errno. */
napi_value set_tcp_option(napi_env env, napi_callback_info info);

/* peekBytes(fd, bytes): copies what the chosen queue holds, and leaves it; the count, or a negative errno. */
napi_value peek_bytes(napi_env env, napi_callback_info info);

/*
 * openRepaired(address, port, local, localPort, receiveSequence, sendSequence): a socket under repair that is
 * connected without a packet, or a negative errno. Nobody need hold the local address yet.
 */
napi_value open_repaired(napi_env env, napi_callback_info info);

/* reserveQueues(fd, receiveBytes, sendBytes): room for so many bytes, whatever the limits are; 0 or a negative errno. */
napi_value reserve_queues(napi_env env, napi_callback_info info);

/* endRepair(fd): the socket runs; its kernel tells the peer at once. 0 or a negative errno. */
napi_value end_repair(napi_env env, napi_callback_info info);

#endif
