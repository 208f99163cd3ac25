/* The hop limit of IPv6 packets, which a raw socket without ancillary data does not show. */
#ifndef TANDEM_HOP_LIMIT_FILTER_H
#define TANDEM_HOP_LIMIT_FILTER_H

#include <node_api.h>

/*
 * filterHopLimit(fd): the kernel drops multicast packets to this raw IPv6 socket that have a hop
 * limit other than 255 (RFC 9568 §5.1.2.3). Unicast passes: unicast_peer may be far away.
 */
napi_value filter_hop_limit(napi_env env, napi_callback_info info);

#endif
