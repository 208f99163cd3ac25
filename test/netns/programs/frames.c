// Sends Ethernet frames as they are given, one after another, round and round, at a rate.
//
// frames INTERFACE PER_SECOND COUNT FRAME...     (frames in hex; PER_SECOND 0: as fast as possible)
//
// Prints {"sent":N,"perSecond":N} at the end.
#define _GNU_SOURCE
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { FRAMES_MAX = 64, FRAME_BYTES_MAX = 1514, BATCH = 64 };

static unsigned char frames[FRAMES_MAX][FRAME_BYTES_MAX];
static struct iovec parts[FRAMES_MAX];
static struct mmsghdr batch[BATCH];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_frame(int i, const char *hex) {
  size_t length = strlen(hex) / 2;
  if (length > FRAME_BYTES_MAX) {
    fprintf(stderr, "frame %d is longer than %d bytes\n", i, FRAME_BYTES_MAX);
    exit(1);
  }
  for (size_t at = 0; at < length; at++) {
    unsigned byte = 0;
    if (sscanf(hex + 2 * at, "%2x", &byte) != 1) exit(1);
    frames[i][at] = (unsigned char)byte;
  }
  parts[i].iov_base = frames[i];
  parts[i].iov_len = length;
}

int main(int argc, char **argv) {
  if (argc < 5 || argc - 4 > FRAMES_MAX) return 2;
  const int frame_count = argc - 4;
  const double rate = atof(argv[2]);
  const long count = atol(argv[3]);
  for (int i = 0; i < frame_count; i++) read_frame(i, argv[4 + i]);
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1])};
  if (fd < 0 || to.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&to, sizeof to) != 0) {
    perror(argv[1]);
    return 1;
  }
  const double start = now();
  long sent = 0;
  while (sent < count) {
    const double due = rate > 0 ? (now() - start) * rate + 1 : (double)count;
    long more = (long)due - sent;
    if (more > count - sent) more = count - sent;
    if (more > BATCH) more = BATCH;
    if (more <= 0) {
      struct timespec pause = {0, 500000};
      nanosleep(&pause, NULL);
      continue;
    }
    for (long i = 0; i < more; i++) {
      batch[i].msg_hdr.msg_iov = &parts[(sent + i) % frame_count];
      batch[i].msg_hdr.msg_iovlen = 1;
    }
    int done = sendmmsg(fd, batch, (unsigned)more, 0);
    if (done > 0) sent += done;
  }
  printf("{\"sent\":%ld,\"perSecond\":%.0f}\n", sent, (double)sent / (now() - start));
  return 0;
}
