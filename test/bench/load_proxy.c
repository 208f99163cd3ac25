/* What the proxy costs. */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* CPU time of every thread of the proxy, user and system, dead threads included. */
int64_t proxy_cpu_ns(void) {
  clockid_t id;
  struct timespec t;
  if (args.pid == 0) return 0;
  if ((errno = clock_getcpuclockid(args.pid, &id)) != 0 || clock_gettime(id, &t) != 0)
    die("no CPU clock of process %d", args.pid);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

long proxy_rss_bytes(void) {
  char path[64];
  long size, resident = 0;
  if (args.pid == 0) return 0;
  snprintf(path, sizeof path, "/proc/%d/statm", args.pid);
  FILE *file = fopen(path, "r");
  if (!file || fscanf(file, "%ld %ld", &size, &resident) != 2) die("%s", path);
  fclose(file);
  return resident * sysconf(_SC_PAGESIZE);
}
