/*
 * The load of scripts/bench: servers to stand behind a proxy and clients to stand in front of it.
 * One thread and one epoll each, so that neither is what limits a measurement. A client prints one
 * line of JSON: what it did, how long that took, and what it cost the proxy (--pid).
 *
 *   load echo   --port P                    sends back what it gets
 *   load broker --port P                    answers a complete MQTT CONNECT by a CONNACK
 *   load ask    --port P --connections N --bytes B --seconds S [--rate R] [--packets 1]
 *               request and answer; with a rate, latencies count from the instant planned. With
 *               packets, each connection begins by a CONNECT, and each request is one PUBLISH
 *   load setup  --port P --connections N --seconds S [--rate R] [--count C]
 *               connect, CONNECT with a client identifier, CONNACK, reset; N at a time. With a
 *               rate, latencies count from the instant planned; with a count, that many
 *               connections in all, each with an identifier of its own
 *   load idle   --port P --connections N --seconds S
 *               resident memory of the proxy without and with N silent MQTT connections
 *
 * Client sockets have source addresses 127.1.0.1 to 127.1.0.200 and are closed by a reset: no
 * measurement runs out of ports or leaves sockets in TIME_WAIT to the next one.
 */
#include "load.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct arguments args = {.connections = 1, .bytes = 100, .seconds = 1};
char buffer[BUFFER_BYTES];
char payload[BUFFER_BYTES];

static void read_args(int argc, char **argv) {
  static const struct option options[] = {
      {"port", 1, 0, 'p'},    {"connections", 1, 0, 'c'}, {"bytes", 1, 0, 'b'},
      {"seconds", 1, 0, 's'}, {"rate", 1, 0, 'r'},        {"pid", 1, 0, 'i'},
      {"count", 1, 0, 'n'},       {"packets", 1, 0, 'k'},
      {0, 0, 0, 0}};
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    if (option == 'p') args.port = atoi(optarg);
    else if (option == 'c') args.connections = atoi(optarg);
    else if (option == 'b') args.bytes = atoi(optarg);
    else if (option == 's') args.seconds = atof(optarg);
    else if (option == 'r') args.rate = atof(optarg);
    else if (option == 'i') args.pid = atoi(optarg);
    else if (option == 'n') args.count = atol(optarg);
    else if (option == 'k') args.packets = atoi(optarg);
    else exit(2);
  }
  errno = 0;
  if (args.port <= 0 || args.port > 65535) die("--port must be 1 to 65535");
  if (args.connections < 1) die("--connections must be at least 1");
  if (args.bytes < 1 || args.bytes > BUFFER_BYTES) die("--bytes must be 1 to %d", BUFFER_BYTES);
  if (args.seconds <= 0) die("--seconds must be above 0");
}

int main(int argc, char **argv) {
  struct rlimit limit;
  const char *mode = argc > 1 ? argv[1] : "";
  if (argc > 1) read_args(argc - 1, argv + 1);
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  prctl(PR_SET_TIMERSLACK, 1);
  signal(SIGPIPE, SIG_IGN);
  memset(payload, 'x', sizeof payload);
  if (args.packets) make_publishes();
  start_events();
  start_connections();
  if (!strcmp(mode, "echo")) serve(answer_echo);
  if (!strcmp(mode, "broker")) serve(answer_broker);
  if (!strcmp(mode, "ask")) ask();
  else if (!strcmp(mode, "setup")) setup();
  else if (!strcmp(mode, "idle")) idle();
  else errno = 0, die("expected echo, broker, ask, setup or idle, found \"%s\"", mode);
  return 0;
}
