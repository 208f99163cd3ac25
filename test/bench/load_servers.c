/* Servers to stand behind a proxy. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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

int answer_echo(conn_t *c, char *bytes, size_t count) {
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

int answer_broker(conn_t *c, char *bytes, size_t count) {
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
void serve(answer_t *answer) {
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
