#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arguments.h"

napi_value lock_memory(napi_env env, napi_callback_info info) {
    (void)info;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL) return throw_errno(env, "open /proc/self/maps", errno);
    double locked = 0;
    int error = 0;
    char *line = NULL;
    size_t size = 0;
    while (error == 0 && getline(&line, &size, maps) > 0) {
        unsigned long start, end, inode;
        int fields = sscanf(line, "%lx-%lx %*s %*s %*s %lu", &start, &end, &inode);
        if (fields != 3 || inode == 0) continue;
        if (syscall(SYS_mlock2, start, end - start, MLOCK_ONFAULT) < 0) {
            error = errno;
        } else {
            locked += (double)(end - start);
        }
    }
    free(line);
    fclose(maps);
    return error == 0 ? to_double(env, locked) : throw_errno(env, "mlock2", error);
}
