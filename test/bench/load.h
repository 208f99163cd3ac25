/* What the parts of the load program share: see load.c. One thread, one epoll, one set of arguments. */
#ifndef LOAD_H
#define LOAD_H

#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#define EVENTS_MAX 512
#define BUFFER_BYTES (256 * 1024)
#define STALL_NS (10 * 1000000000ll) /* Without progress for so long, something is wrong. */

typedef struct {
  int fd;
  int open;        /* Connected, and for MQTT acknowledged. */
  size_t unsent;   /* Bytes of the message not sent yet. */
  size_t awaited;  /* Bytes of the answer not received yet. */
  int64_t since;   /* When the request began, or was to begin. */
  int64_t due;     /* With a rate: when the next request is to begin. */
  size_t length;   /* Servers: bytes held. */
  char *held;      /* Servers: an incomplete packet, or an answer not sent yet. */
  size_t size;     /* Bytes of `message`. */
  char message[64];
} conn_t;

struct arguments {
  int port, connections, bytes, pid, packets;
  double seconds, rate;
  long count;
};

extern struct arguments args;
extern char buffer[BUFFER_BYTES];
extern char payload[BUFFER_BYTES];

/* load_events.c: time, readiness, and the end of the program. */
void start_events(void);
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
int64_t now_ns(void);
void watch(conn_t *c, int operation, uint32_t events);
int wait_events(struct epoll_event *events, int64_t timeout_ns);
void no_delay(int fd);
void close_by_reset(int fd);

/* load_proxy.c: what the proxy costs; 0 without --pid. */
int64_t proxy_cpu_ns(void);
long proxy_rss_bytes(void);

/* load_servers.c: what stands behind the proxy; they run until they are killed. */
typedef int answer_t(conn_t *c, char *bytes, size_t count);
int answer_echo(conn_t *c, char *bytes, size_t count);
int answer_broker(conn_t *c, char *bytes, size_t count);
__attribute__((noreturn)) void serve(answer_t *answer);

/* load_connections.c: the clients' connections, and how long their answers took. */
enum greeting { NO_GREETING, CONNECT_ANSWERED, CONNECT_ECHOED };
extern conn_t *conns;
extern long done, failed, serial;
extern int64_t last_answer_ns; /* On CLOCK_MONOTONIC. */
void start_connections(void);
void make_connect(conn_t *c, long id);
void dial(conn_t *c);
void push(conn_t *c, int waiting);
void request(conn_t *c, size_t answer_bytes, int waiting);
int pull(conn_t *c);
void make_publishes(void);
void open_range(int from, int to, enum greeting greeting);
void reset_range(int from, int to);
void sample(int64_t elapsed_ns);
void report(int64_t wall_ns, int64_t cpu_ns);

/* load_clients.c: what they do. */
void ask(void);
void setup(void);
void idle(void);

#endif
