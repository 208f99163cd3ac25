#include "signal_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "arguments.h"

enum { SIGNAL_MAX = 64 };

/* Where each signal is told, plus one: 0 is none. Never closed, as any thread may be writing. */
static volatile sig_atomic_t writing_ends[SIGNAL_MAX + 1];

static void tell(int number) {
    int error = errno;
    /* A pipe that is full tells already. */
    ssize_t written = write(writing_ends[number] - 1, "", 1);
    (void)written;
    errno = error;
}

napi_value open_signal(napi_env env, napi_callback_info info) {
    napi_value value;
    int32_t number;
    if (!read_arguments(env, info, 1, &value) || !read_int(env, value, &number)) return NULL;
    if (number < 1 || number > SIGNAL_MAX) return throw_errno(env, "sigaction", EINVAL);
    if (writing_ends[number] != 0) return throw_errno(env, "sigaction", EBUSY);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return throw_errno(env, "pipe2", errno);
    writing_ends[number] = ends[1] + 1;
    struct sigaction action = {.sa_handler = tell, .sa_flags = SA_RESTART};
    if (sigaction(number, &action, NULL) < 0) {
        int error = errno;
        writing_ends[number] = 0;
        close(ends[0]);
        close(ends[1]);
        return throw_errno(env, "sigaction", error);
    }
    return to_int(env, ends[0]);
}
