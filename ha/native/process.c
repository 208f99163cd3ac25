#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arguments.h"

/* Node has worker threads that compile, collect garbage and read files: the loop waits for them. */
static int set_all_threads(pid_t pid, int policy, const struct sched_param *parameter) {
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) return sched_setscheduler(pid, policy, parameter);
    int failed = 0;
    const struct dirent *entry;
    while (!failed && (entry = readdir(tasks)) != NULL) {
        pid_t thread = (pid_t)atoi(entry->d_name);
        if (thread <= 0) continue;
        failed = sched_setscheduler(thread, policy, parameter);
        /* A thread may have ended since. */
        if (failed && errno == ESRCH && thread != pid) failed = 0;
    }
    int error = errno;
    closedir(tasks);
    errno = error;
    return failed;
}

napi_value set_scheduler(napi_env env, napi_callback_info info) {
    napi_value values[4];
    int32_t pid, policy, priority;
    bool reset_on_fork;
    if (!read_arguments(env, info, 4, values) || !read_int(env, values[0], &pid) ||
        !read_int(env, values[1], &policy) || !read_int(env, values[2], &priority) ||
        !read_bool(env, values[3], &reset_on_fork)) {
        return NULL;
    }
    struct sched_param parameter = {.sched_priority = priority};
    int flags = reset_on_fork ? policy | SCHED_RESET_ON_FORK : policy;
    if (set_all_threads(pid == 0 ? getpid() : pid, flags, &parameter) < 0) {
        return throw_errno(env, "sched_setscheduler", errno);
    }
    return undefined(env);
}

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

napi_value parent_death_signal(napi_env env, napi_callback_info info) {
    napi_value values[1];
    int32_t signal;
    if (!read_arguments(env, info, 1, values) || !read_int(env, values[0], &signal)) return NULL;
    if (prctl(PR_SET_PDEATHSIG, (unsigned long)signal) < 0) {
        return throw_errno(env, "prctl", errno);
    }
    return undefined(env);
}
