/* What a process keeps in memory. */
#ifndef TANDEM_PROCESS_H
#define TANDEM_PROCESS_H

#include <node_api.h>

/*
 * lockMemory(): keeps the pages of programs and libraries in memory once they were used; gives the
 * bytes of address space that this covers. The heap stays as it is: V8 gives pages back with
 * madvise(2) MADV_DONTNEED, which fails on locked memory, and aborts the process then. That is why
 * mlockall(2) is out of the question. Needs CAP_IPC_LOCK or RLIMIT_MEMLOCK.
 */
napi_value lock_memory(napi_env env, napi_callback_info info);

#endif
