/* Sleeps 2 ms at a time on one CPU with the highest real-time priority, and prints each sleep that took
 * more than LEAST ms: "WALL_MS LATE_MS". What it misses, nobody on this CPU had.
 * Arguments: CPU LEAST_MS. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_ms(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(atoi(argv[1]), &cpus);
  struct sched_param param = {.sched_priority = 99};
  if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) return 3;
  if (sched_setscheduler(0, SCHED_FIFO, &param) != 0) return 4;
  const double least_ms = atof(argv[2]);
  const struct timespec nap = {.tv_nsec = 2000000};
  puts("ready");
  fflush(stdout);
  for (double before = now_ms(CLOCK_MONOTONIC);;) {
    nanosleep(&nap, NULL);
    const double after = now_ms(CLOCK_MONOTONIC);
    if (after - before > least_ms) {
      printf("%.1f %.1f\n", now_ms(CLOCK_REALTIME), after - before);
      fflush(stdout);
    }
    before = after;
  }
}
