/* Clients with TLS in front of a proxy: a handshake, one byte there and back, a reset, over and over. Each has a process
 * of its own and blocks; their cost is OpenSSL's. With --resume 1 all but the first come back with their session. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 256
#define STALL_S 10 /* Without an answer for so long, something is wrong. */
#define PREPARE_NS 300000000ll /* For processes to start, and to get a session. */

typedef struct {
  long count, resumed;
} tally_t;

static int port, connections = 1, pid, resume;
static double seconds = 1;
/* The first session, encoded: OpenSSL offers a session of TLS 1.3 once, and not every proxy gives a new one. */
static unsigned char *session;
static int session_bytes;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...) {
  va_list list;
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  exit(1);
}

static int64_t now_ns(clockid_t id) {
  struct timespec t;
  if (clock_gettime(id, &t) != 0) die("no clock: %s", strerror(errno));
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int64_t proxy_cpu_ns(void) {
  clockid_t id;
  if (pid == 0) return 0;
  if ((errno = clock_getcpuclockid(pid, &id)) != 0) die("no CPU clock of process %d", pid);
  return now_ns(id);
}

static void sleep_until(int64_t at) {
  struct timespec t = {at / 1000000000, at % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {}
}

static int keep_session(SSL *ssl, SSL_SESSION *fresh) {
  (void)ssl;
  if (!session) session_bytes = i2d_SSL_SESSION(fresh, &session);
  return 0; /* No reference is kept. */
}

static void offer_session(SSL *ssl) {
  const unsigned char *at = session;
  SSL_SESSION *again = d2i_SSL_SESSION(NULL, &at, session_bytes);
  if (!again || SSL_set_session(ssl, again) != 1) die("no session to offer");
  SSL_SESSION_free(again);
}

static SSL_CTX *make_context(void) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ||
      !SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256"))
    die("OpenSSL has no TLS 1.3");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  return context;
}

static int dial(void) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct linger reset = {1, 0};
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
    die("connect: %s", strerror(errno));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){STALL_S, 0}, sizeof(struct timeval));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  return fd;
}

/* One visit; whether its session was resumed. */
static int visit(SSL_CTX *context) {
  char byte = 'x';
  int fd = dial();
  SSL *ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  if (resume && session) offer_session(ssl);
  if (SSL_connect(ssl) != 1 || SSL_write(ssl, &byte, 1) != 1 || SSL_read(ssl, &byte, 1) != 1)
    die("the proxy closed a TLS connection: %s", ERR_error_string(ERR_get_error(), NULL));
  int resumed = SSL_session_reused(ssl);
  SSL_free(ssl);
  close(fd);
  return resumed;
}

static void run_client(tally_t *tally, int64_t start, int64_t end) {
  SSL_CTX *context = make_context();
  if (resume) visit(context);
  sleep_until(start);
  while (now_ns(CLOCK_MONOTONIC) < end) {
    tally->resumed += visit(context);
    tally->count++;
  }
  exit(0);
}

static void read_arguments(int argc, char **argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--port")) port = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--connections")) connections = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--pid")) pid = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--resume")) resume = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--seconds")) seconds = atof(argv[i + 1]);
    else die("unknown option %s", argv[i]);
  }
  if (port <= 0 || seconds <= 0 || connections < 1 || connections > CLIENTS_MAX)
    die("expected --port, --seconds and 1 to %d --connections", CLIENTS_MAX);
}

int main(int argc, char **argv) {
  read_arguments(argc, argv);
  size_t bytes = connections * sizeof(tally_t);
  tally_t *tallies = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (tallies == MAP_FAILED) die("out of memory");
  int64_t start = now_ns(CLOCK_MONOTONIC) + PREPARE_NS, end = start + (int64_t)(seconds * 1e9);
  for (int i = 0; i < connections; i++) {
    pid_t child = fork();
    if (child < 0) die("fork: %s", strerror(errno));
    if (child == 0) run_client(&tallies[i], start, end);
  }
  sleep_until(start);
  int64_t cpu = proxy_cpu_ns(), began = now_ns(CLOCK_MONOTONIC);
  int status, failed = 0;
  while (wait(&status) > 0) failed |= status;
  if (failed) return 1;
  tally_t all = {0, 0};
  for (int i = 0; i < connections; i++) {
    all.count += tallies[i].count;
    all.resumed += tallies[i].resumed;
  }
  printf("{\"count\":%ld,\"resumed\":%ld,\"wallMs\":%.3f,\"cpuMs\":%.3f}\n", all.count, all.resumed,
         (now_ns(CLOCK_MONOTONIC) - began) / 1e6, (proxy_cpu_ns() - cpu) / 1e6);
  return 0;
}
