/* The clients' connections, and how long their answers took. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SOURCES 200
#define CONNECTING_MAX 128 /* HAProxy's default backlog is its maxconn; keep clear of any. */
#define CLIENT_IDS 10000   /* Fits the stick table; identifiers come back, as devices do. */

conn_t *conns;
long done, failed, serial;
int64_t last_answer_ns;
static uint32_t *samples; /* Latencies in units of 100 ns. */
static size_t sample_count, sample_room;

void start_connections(void) {
  conns = calloc(args.connections, sizeof *conns);
  if (!conns) die("out of memory");
}

void sample(int64_t elapsed_ns) {
  if (sample_count == sample_room) {
    sample_room = sample_room ? sample_room * 2 : 65536;
    samples = realloc(samples, sample_room * sizeof *samples);
    if (!samples) die("out of memory");
  }
  samples[sample_count++] = elapsed_ns / 100;
}

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* MQTT 3.1.1, clean session, keep alive 60 s. */
void make_connect(conn_t *c, long id) {
  char head[] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 0};
  int length = snprintf(c->message + sizeof head, sizeof c->message - sizeof head,
                        "bench-%08ld", args.count ? id : id % CLIENT_IDS);
  head[1] = sizeof head - 2 + length;
  head[13] = length;
  memcpy(c->message, head, sizeof head);
  c->size = sizeof head + length;
}

/* A PUBLISH of `args.bytes` in all, QoS 0, its topic one letter. */
void make_publishes(void) {
  int left = args.bytes - 2, at = 1;
  for (int room = 128; left >= room; room *= 128) left--; /* A byte more of length. */
  payload[0] = 0x30;
  for (int rest = left;; rest /= 128) {
    payload[at++] = (char)(rest % 128 | (rest >= 128 ? 128 : 0));
    if (rest < 128) break;
  }
  if (left < 3 || at + left != args.bytes) die("no PUBLISH has %d bytes", args.bytes);
  memcpy(payload + at, "\0\1t", 3);
}

void dial(conn_t *c) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(args.port)};
  struct sockaddr_in from = {.sin_family = AF_INET};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  from.sin_addr.s_addr = htonl(0x7f010001 + serial++ % SOURCES);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("socket");
  setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
  if (bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0) die("bind");
  no_delay(c->fd);
  c->open = 0;
  c->since = now_ns();
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
    die("connect to port %d", args.port);
  watch(c, EPOLL_CTL_ADD, EPOLLOUT);
}

/* Sends the rest of the message; asks for EPOLLOUT only while some is left. */
void push(conn_t *c, int waiting) {
  const char *from = c->size ? c->message + c->size : payload + args.bytes;
  ssize_t sent = send(c->fd, from - c->unsent, c->unsent, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) die("send");
  if (sent > 0) c->unsent -= sent;
  if (waiting != (c->unsent > 0))
    watch(c, EPOLL_CTL_MOD, EPOLLIN | (c->unsent > 0 ? EPOLLOUT : 0));
}

void request(conn_t *c, size_t answer_bytes, int waiting) {
  c->unsent = c->size ? c->size : (size_t)args.bytes;
  c->awaited = answer_bytes;
  push(c, waiting);
}

/* Reads what has come; 1 once the answer is complete, -1 when the connection is gone. */
int pull(conn_t *c) {
  ssize_t count = recv(c->fd, buffer, sizeof buffer, 0);
  if (count < 0 && errno == EAGAIN) return 0;
  if (count <= 0 || (size_t)count > c->awaited) return -1;
  c->awaited -= count;
  return c->awaited == 0;
}

/* Opens connections `from` to `to`, a few at a time, each proved by one exchange. */
void open_range(int from, int to, enum greeting greeting) {
  int next = from, ready = from;
  int64_t progress = now_ns();
  while (ready < to) {
    struct epoll_event events[EVENTS_MAX];
    while (next < to && next - ready < CONNECTING_MAX) {
      conn_t *c = &conns[next++];
      if (greeting != NO_GREETING) make_connect(c, serial);
      dial(c);
    }
    int count = wait_events(events, 100000000);
    for (int i = 0; i < count; i++) {
      conn_t *c = events[i].data.ptr;
      if (!c->open) {
        c->open = 1;
        size_t echoed = greeting == NO_GREETING ? (size_t)args.bytes : c->size;
        request(c, greeting == CONNECT_ANSWERED ? 4 : echoed, 1);
      } else if (events[i].events & EPOLLOUT) push(c, 1);
      else {
        int verdict = pull(c);
        errno = 0;
        if (verdict < 0) die("connection lost while opening %d of %d", ready, to);
        if (verdict > 0) ready++, progress = now_ns();
      }
    }
    if (now_ns() - progress > STALL_NS) die("stuck at %d connections of %d", ready, to);
  }
}

void reset_range(int from, int to) {
  for (int i = from; i < to; i++) close_by_reset(conns[i].fd);
}

void report(int64_t wall_ns, int64_t cpu_ns) {
  qsort(samples, sample_count, sizeof *samples, by_size);
  double p50 = sample_count ? samples[sample_count / 2] / 10.0 : 0;
  double p99 = sample_count ? samples[sample_count * 99 / 100] / 10.0 : 0;
  double most = sample_count ? samples[sample_count - 1] / 10.0 : 0;
  printf("{\"count\":%ld,\"failed\":%ld,\"wallMs\":%.1f,\"cpuMs\":%.3f,"
         "\"p50Us\":%.1f,\"p99Us\":%.1f,\"maxUs\":%.1f,\"endMs\":%.3f}\n",
         done, failed, wall_ns / 1e6, cpu_ns / 1e6, p50, p99, most, last_answer_ns / 1e6);
}
