/*
 * The load of scripts/bench: servers to stand behind a proxy and clients to stand in front of it.
 * One thread and one epoll each, so that neither is what limits a measurement. A client prints one
 * line of JSON: what it did, how long that took, and what it cost the proxy (--pid).
 *
 *   load echo   --port P                    sends back what it gets
 *   load broker --port P                    answers a complete MQTT CONNECT by a CONNACK
 *   load ask    --port P --connections N --bytes B --seconds S [--rate R]
 *               request and answer; with a rate, latencies count from the instant planned
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
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 512
#define BUFFER_BYTES (256 * 1024)
#define SOURCES 200
#define CONNECTING_MAX 128 /* HAProxy's default backlog is its maxconn; keep clear of any. */
#define CLIENT_IDS 10000   /* Fits the stick table; identifiers come back, as devices do. */
#define STALL_NS (10 * 1000000000ll)

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

static struct {
  int port, connections, bytes, pid;
  double seconds, rate;
  long count;
} args = {0, 1, 100, 0, 1, 0, 0};

static int epoll;
static conn_t *conns;
static char buffer[BUFFER_BYTES];
static char payload[BUFFER_BYTES];
static uint32_t *samples; /* Latencies in units of 100 ns. */
static size_t sample_count, sample_room;
static long done, failed, opened, serial;
static int64_t last_answer_ns; /* On CLOCK_MONOTONIC. */

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...) {
  va_list list;
  va_start(list, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, list);
  fprintf(stderr, "%s%s\n", errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* CPU time of every thread of the proxy, user and system, dead threads included. */
static int64_t proxy_cpu_ns(void) {
  clockid_t id;
  struct timespec t;
  if (args.pid == 0) return 0;
  if ((errno = clock_getcpuclockid(args.pid, &id)) != 0 || clock_gettime(id, &t) != 0)
    die("no CPU clock of process %d", args.pid);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static long proxy_rss_bytes(void) {
  char path[64];
  long size, resident = 0;
  if (args.pid == 0) return 0;
  snprintf(path, sizeof path, "/proc/%d/statm", args.pid);
  FILE *file = fopen(path, "r");
  if (!file || fscanf(file, "%ld %ld", &size, &resident) != 2) die("%s", path);
  fclose(file);
  return resident * sysconf(_SC_PAGESIZE);
}

static void watch(conn_t *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(epoll, operation, c->fd, &event) != 0) die("epoll_ctl");
}

static int wait_events(struct epoll_event *events, int64_t timeout_ns) {
  struct timespec t = {timeout_ns / 1000000000, timeout_ns % 1000000000};
  int count = epoll_pwait2(epoll, events, EVENTS_MAX, timeout_ns < 0 ? NULL : &t, NULL);
  if (count < 0 && errno != EINTR) die("epoll_pwait2");
  return count < 0 ? 0 : count;
}

static void no_delay(int fd) {
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static void close_by_reset(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
  close(fd);
}

/* ---- servers ---- */

typedef int answer_t(conn_t *c, char *bytes, size_t count);

static void end_served(conn_t *c) {
  close_by_reset(c->fd);
  free(c->held);
  free(c);
}

static void hold(conn_t *c, const char *bytes, size_t count) {
  c->held = realloc(c->held, c->length + count);
  if (!c->held) die("out of memory");
  memcpy(c->held + c->length, bytes, count);
  c->length += count;
}

static int answer_echo(conn_t *c, char *bytes, size_t count) {
  ssize_t sent = send(c->fd, bytes, count, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return -1;
  if (sent < 0) sent = 0;
  if ((size_t)sent == count) return 0;
  hold(c, bytes + sent, count - sent);
  watch(c, EPOLL_CTL_MOD, EPOLLOUT);
  return 0;
}

static int flush_held(conn_t *c) {
  ssize_t sent = send(c->fd, c->held, c->length, MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN ? 0 : -1;
  c->length -= sent;
  memmove(c->held, c->held + sent, c->length);
  if (c->length == 0) watch(c, EPOLL_CTL_MOD, EPOLLIN);
  return 0;
}

/* Bytes of the MQTT packet at the front; 0 while it is incomplete. */
static size_t packet_bytes(const unsigned char *p, size_t count) {
  size_t remaining = 0;
  for (size_t i = 1; i < count && i <= 4; i++) {
    remaining |= (size_t)(p[i] & 0x7f) << (7 * (i - 1));
    if (p[i] < 0x80) return i + 1 + remaining <= count ? i + 1 + remaining : 0;
  }
  return 0;
}

static int answer_broker(conn_t *c, char *bytes, size_t count) {
  hold(c, bytes, count);
  for (size_t length; (length = packet_bytes((unsigned char *)c->held, c->length)) > 0;) {
    int is_connect = (c->held[0] & 0xf0) == 0x10;
    c->length -= length;
    memmove(c->held, c->held + length, c->length);
    if (is_connect && send(c->fd, "\x20\x02\0\0", 4, MSG_NOSIGNAL) != 4) return -1;
  }
  return 0;
}

static int serve_one(conn_t *c, uint32_t events, answer_t *answer) {
  if (events & EPOLLOUT) return flush_held(c);
  ssize_t count = recv(c->fd, buffer, sizeof buffer, 0);
  if (count < 0) return errno == EAGAIN ? 0 : -1;
  return count == 0 ? -1 : answer(c, buffer, count);
}

static void accept_all(int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    conn_t *c = calloc(1, sizeof *c);
    if (!c) die("out of memory");
    c->fd = fd;
    no_delay(fd);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }
  if (errno != EAGAIN && errno != ECONNABORTED) die("accept");
}

/* Listens on every address, so that a proxy can use several for one server. */
static void serve(answer_t *answer) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(args.port)};
  conn_t listener = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  setsockopt(listener.fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  if (bind(listener.fd, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
  if (listen(listener.fd, 4096) != 0) die("listen");
  watch(&listener, EPOLL_CTL_ADD, EPOLLIN);
  puts("ready");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[EVENTS_MAX];
    int count = wait_events(events, -1);
    for (int i = 0; i < count; i++) {
      conn_t *c = events[i].data.ptr;
      if (c == &listener) accept_all(listener.fd);
      else if (serve_one(c, events[i].events, answer) < 0) end_served(c);
    }
  }
}

/* ---- clients ---- */

static void sample(int64_t elapsed_ns) {
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
static void make_connect(conn_t *c, long id) {
  char head[] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 0};
  int length = snprintf(c->message + sizeof head, sizeof c->message - sizeof head,
                        "bench-%08ld", args.count ? id : id % CLIENT_IDS);
  head[1] = sizeof head - 2 + length;
  head[13] = length;
  memcpy(c->message, head, sizeof head);
  c->size = sizeof head + length;
}

static void dial(conn_t *c) {
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
static void push(conn_t *c, int waiting) {
  const char *from = c->size ? c->message + c->size : payload + args.bytes;
  ssize_t sent = send(c->fd, from - c->unsent, c->unsent, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) die("send");
  if (sent > 0) c->unsent -= sent;
  if (waiting != (c->unsent > 0))
    watch(c, EPOLL_CTL_MOD, EPOLLIN | (c->unsent > 0 ? EPOLLOUT : 0));
}

static void request(conn_t *c, size_t answer_bytes, int waiting) {
  c->unsent = c->size ? c->size : (size_t)args.bytes;
  c->awaited = answer_bytes;
  push(c, waiting);
}

/* Reads what has come; 1 once the answer is complete, -1 when the connection is gone. */
static int pull(conn_t *c) {
  ssize_t count = recv(c->fd, buffer, sizeof buffer, 0);
  if (count < 0 && errno == EAGAIN) return 0;
  if (count <= 0 || (size_t)count > c->awaited) return -1;
  c->awaited -= count;
  return c->awaited == 0;
}

/* Opens connections `from` to `to`, a few at a time, each proved by one exchange. */
static void open_range(int from, int to, int is_mqtt) {
  int next = from, ready = from;
  int64_t progress = now_ns();
  while (ready < to) {
    struct epoll_event events[EVENTS_MAX];
    while (next < to && next - ready < CONNECTING_MAX) {
      conn_t *c = &conns[next++];
      if (is_mqtt) make_connect(c, serial);
      dial(c);
    }
    int count = wait_events(events, 100000000);
    for (int i = 0; i < count; i++) {
      conn_t *c = events[i].data.ptr;
      if (!c->open) {
        c->open = 1;
        request(c, is_mqtt ? 4 : args.bytes, 1);
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
  opened += to - from;
}

static void reset_range(int from, int to) {
  for (int i = from; i < to; i++) close_by_reset(conns[i].fd);
}

static void report(int64_t wall_ns, int64_t cpu_ns) {
  qsort(samples, sample_count, sizeof *samples, by_size);
  double p50 = sample_count ? samples[sample_count / 2] / 10.0 : 0;
  double p99 = sample_count ? samples[sample_count * 99 / 100] / 10.0 : 0;
  double most = sample_count ? samples[sample_count - 1] / 10.0 : 0;
  printf("{\"count\":%ld,\"failed\":%ld,\"wallMs\":%.1f,\"cpuMs\":%.3f,"
         "\"p50Us\":%.1f,\"p99Us\":%.1f,\"maxUs\":%.1f,\"endMs\":%.3f}\n",
         done, failed, wall_ns / 1e6, cpu_ns / 1e6, p50, p99, most, last_answer_ns / 1e6);
}

static void answered(conn_t *c, int64_t now, int64_t step) {
  done++;
  sample(now - c->since);
  if (step == 0) {
    c->since = now;
    request(c, args.bytes, 0);
  } else if (c->due <= now) {
    c->since = c->due;
    c->due += step * args.connections;
    request(c, args.bytes, 0);
  }
}

static void ask(void) {
  int64_t step = args.rate > 0 ? (int64_t)(1e9 / args.rate) : 0;
  long planned = 0;
  open_range(0, args.connections, 0);
  int64_t cpu = proxy_cpu_ns(), start = now_ns(), now = start;
  int64_t end = start + (int64_t)(args.seconds * 1e9);
  for (int i = 0; i < args.connections; i++) {
    conns[i].since = start;
    conns[i].due = start + step * (i + 1);
    if (step == 0) request(&conns[i], args.bytes, 0);
  }
  while (now < end) {
    struct epoll_event events[EVENTS_MAX];
    int64_t next = step ? start + step * (planned + 1) : end;
    if (next > end) next = end;
    int count = wait_events(events, next > now ? next - now : 0);
    now = now_ns();
    for (int i = 0; i < count; i++) {
      conn_t *c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) push(c, 1);
      if (!(events[i].events & ~EPOLLOUT)) continue;
      int verdict = pull(c);
      if (verdict < 0) die("connection lost after %ld answers", done);
      if (verdict > 0) answered(c, now, step);
    }
    for (; step && start + step * (planned + 1) <= now; planned++) {
      conn_t *c = &conns[planned % args.connections];
      if (c->awaited > 0 || c->due > now) continue; /* Goes out when the answer has come. */
      c->since = c->due;
      c->due += step * args.connections;
      request(c, args.bytes, 0);
    }
    if (count == 0 && !step && now < end) die("stuck after %ld answers", done);
  }
  report(now_ns() - start, proxy_cpu_ns() - cpu);
  reset_range(0, args.connections);
}

static void redial(conn_t *c) {
  if (c->fd >= 0) close_by_reset(c->fd);
  make_connect(c, serial);
  dial(c);
}

/* Whether another connection may begin now; `planned` counts those that have. */
static int may_begin(long planned, int64_t since_start) {
  if (args.count && planned >= args.count) return 0;
  return args.rate <= 0 || planned * 1e9 / args.rate <= since_start;
}

static void setup(void) {
  int64_t cpu = proxy_cpu_ns(), start = now_ns(), now = start, progress = start;
  int64_t end = start + (int64_t)(args.seconds * 1e9);
  long planned = 0, idle_count = args.connections;
  conn_t **idle_conns = calloc(args.connections, sizeof *idle_conns);
  if (!idle_conns) die("out of memory");
  for (int i = 0; i < args.connections; i++) {
    idle_conns[i] = &conns[args.connections - 1 - i];
    idle_conns[i]->fd = -1;
  }
  while (now < end && !(args.count && done + failed >= args.count)) {
    struct epoll_event events[EVENTS_MAX];
    while (idle_count > 0 && may_begin(planned, now - start)) {
      conn_t *c = idle_conns[--idle_count];
      redial(c);
      if (args.rate > 0) c->since = start + (int64_t)(planned * 1e9 / args.rate);
      planned++;
    }
    int64_t next = end - now;
    if (args.rate > 0 && idle_count > 0)
      next = start + (int64_t)(planned * 1e9 / args.rate) - now;
    if (next > end - now || (args.count && planned >= args.count)) next = end - now;
    int count = wait_events(events, next > 0 ? next : 0);
    now = now_ns();
    for (int i = 0; i < count; i++) {
      conn_t *c = events[i].data.ptr;
      if (!c->open && !(events[i].events & (EPOLLERR | EPOLLHUP))) {
        c->open = 1;
        request(c, 4, 1);
        continue;
      }
      int verdict = c->open ? pull(c) : -1;
      if (verdict == 0) continue;
      if (verdict > 0) done++, last_answer_ns = progress = now, sample(now - c->since);
      else failed++;
      close_by_reset(c->fd);
      c->fd = -1;
      idle_conns[idle_count++] = c;
    }
    if (args.rate <= 0 && now - progress > STALL_NS) die("stuck after %ld set-ups", done);
  }
  report(now_ns() - start, proxy_cpu_ns() - cpu);
  for (int i = 0; i < args.connections; i++)
    if (conns[i].fd >= 0) close_by_reset(conns[i].fd);
}

static void pause_for(double seconds) {
  struct timespec t = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
  nanosleep(&t, NULL);
}

/* A tenth of the connections first come and go, so that code and pools are paid for. */
static void idle(void) {
  int warm = args.connections / 10;
  open_range(0, warm, 1);
  reset_range(0, warm);
  pause_for(args.seconds);
  long before = proxy_rss_bytes();
  open_range(0, args.connections, 1);
  pause_for(args.seconds);
  printf("{\"count\":%d,\"rssBeforeBytes\":%ld,\"rssAfterBytes\":%ld}\n", args.connections, before,
         proxy_rss_bytes());
  reset_range(0, args.connections);
}

static void read_args(int argc, char **argv) {
  static const struct option options[] = {
      {"port", 1, 0, 'p'},    {"connections", 1, 0, 'c'}, {"bytes", 1, 0, 'b'},
      {"seconds", 1, 0, 's'}, {"rate", 1, 0, 'r'},        {"pid", 1, 0, 'i'},
      {"count", 1, 0, 'n'},
      {0, 0, 0, 0}};
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    if (option == 'p') args.port = atoi(optarg);
    else if (option == 'c') args.connections = atoi(optarg);
    else if (option == 'b') args.bytes = atoi(optarg);
    else if (option == 's') args.seconds = atof(optarg);
    else if (option == 'r') args.rate = atof(optarg);
    else if (option == 'i') args.pid = atoi(optarg);
    else if (option == 'n') args.count = atol(optarg);
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
  epoll = epoll_create1(EPOLL_CLOEXEC);
  conns = calloc(args.connections, sizeof *conns);
  if (epoll < 0 || !conns) die("no epoll or no memory");
  if (!strcmp(mode, "echo")) serve(answer_echo);
  if (!strcmp(mode, "broker")) serve(answer_broker);
  if (!strcmp(mode, "ask")) ask();
  else if (!strcmp(mode, "setup")) setup();
  else if (!strcmp(mode, "idle")) idle();
  else errno = 0, die("expected echo, broker, ask, setup or idle, found \"%s\"", mode);
  return 0;
}
