// Preloaded into a process, this shifts the time of day that it reads by SHIFTED_CLOCK_SECONDS. Other clocks, by which
// waits are measured, stay as they are.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static time_t shift;

__attribute__((constructor)) static void read_shift(void) {
    const char *seconds = getenv("SHIFTED_CLOCK_SECONDS");
    shift = seconds ? atol(seconds) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    long failed = syscall(SYS_clock_gettime, clock, time);
    if (!failed && clock == CLOCK_REALTIME) time->tv_sec += shift;
    return (int)failed;
}
