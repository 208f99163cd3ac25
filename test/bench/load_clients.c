/* What clients do in front of a proxy. */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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

void ask(void) {
  int64_t step = args.rate > 0 ? (int64_t)(1e9 / args.rate) : 0;
  long planned = 0;
  open_range(0, args.connections, args.packets ? CONNECT_ECHOED : NO_GREETING);
  int64_t cpu = proxy_cpu_ns(), start = now_ns(), now = start;
  int64_t end = start + (int64_t)(args.seconds * 1e9);
  for (int i = 0; i < args.connections; i++) {
    conns[i].size = 0; /* No greeting any more. */
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

void setup(void) {
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
void idle(void) {
  int warm = args.connections / 10;
  open_range(0, warm, CONNECT_ANSWERED);
  reset_range(0, warm);
  pause_for(args.seconds);
  long before = proxy_rss_bytes();
  open_range(0, args.connections, CONNECT_ANSWERED);
  pause_for(args.seconds);
  printf("{\"count\":%d,\"rssBeforeBytes\":%ld,\"rssAfterBytes\":%ld}\n", args.connections, before,
         proxy_rss_bytes());
  reset_range(0, args.connections);
}
