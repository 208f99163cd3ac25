/* How a process is scheduled, kept in memory, and ended with its parent. */
#ifndef TANDEM_PROCESS_H
#define TANDEM_PROCESS_H

#include <node_api.h>

/*
 * setScheduler(pid, policy, priority, resetOnFork): sched(7). Policy 0 other, 1 FIFO, 2 RR; priority
 * 1..99 for the latter two, else 0. All threads of the process get it; pid 0 is this process. With
 * resetOnFork, its children start as ordinary processes. Needs CAP_SYS_NICE or RLIMIT_RTPRIO.
 */
napi_value set_scheduler(napi_env env, napi_callback_info info);

/*
 * lockMemory(): keeps the pages of programs and libraries in memory once they were used; gives the
 * bytes of address space that this covers. The heap stays as it is: V8 gives pages back with
 * madvise(2) MADV_DONTNEED, which fails on locked memory, and aborts the process then. That is why
 * mlockall(2) is out of the question. Needs CAP_IPC_LOCK or RLIMIT_MEMLOCK.
 */
napi_value lock_memory(napi_env env, napi_callback_info info);

/* parentDeathSignal(signal): sent to this process when the thread that started it ends; 0: none. */
napi_value parent_death_signal(napi_env env, napi_callback_info info);

#endif
