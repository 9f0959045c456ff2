/* Lets the n-th system call that changes something below a folder fail, or kills the program there;
   loaded by LD_PRELOAD, armed from Python (tests/failing_calls.py). Writes nothing itself. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT = 0, FAIL_ONCE = 1, FAIL_FROM = 2, KILL_BEFORE = 3, KILL_AFTER = 4, OFF = 5 };

static char watched[PATH_MAX];
static char only[32];
static long nth = 0, seen = 0;
static int with_errno = 0, mode = OFF;

void failing_arm(const char *folder, long number, int error, int how) {
    mode = OFF;
    strncpy(watched, folder, sizeof watched - 1);
    nth = number; seen = 0; with_errno = error;
    mode = how;
}
long failing_seen(void) { return seen; }

/* A program that nobody can arm from inside: FAILING_BELOW, _NTH, _ERRNO, _HOW, and
   _CALL where only one kind of call counts. */
__attribute__((constructor)) static void arm_by_environment(void) {
    const char *below = getenv("FAILING_BELOW"), *call = getenv("FAILING_CALL");
    if (call) strncpy(only, call, sizeof only - 1);
    if (below) failing_arm(below, atol(getenv("FAILING_NTH")), atoi(getenv("FAILING_ERRNO")), atoi(getenv("FAILING_HOW")));
}

static int is_watched(const char *path) {
    char whole[PATH_MAX];
    if (mode == OFF || path == NULL) return 0;
    if (path[0] != '/') {
        if (!getcwd(whole, sizeof whole)) return 0;
        return strncmp(whole, watched, strlen(watched)) == 0;
    }
    return strncmp(path, watched, strlen(watched)) == 0;
}
static int is_watched_file(int file) {
    char link[64], path[PATH_MAX];
    if (mode == OFF) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_watched(path);
}
/* 1: the call has to fail; -1: kill once it is made; 0: as ever. */
static int verdict(const char *call) {
    if (only[0] && strcmp(only, call) != 0) return 0;
    long here = ++seen;
    if (mode == KILL_BEFORE && here == nth) kill(getpid(), SIGKILL);
    if (mode == KILL_AFTER && here == nth) return -1;
    if ((mode == FAIL_ONCE && here == nth) || (mode == FAIL_FROM && here >= nth)) {
        errno = with_errno;
        return 1;
    }
    return 0;
}
#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__) = NULL; \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)
#define CALL(type, watched_if, call) \
    int told = (watched_if) ? verdict(__func__) : 0; \
    if (told == 1) return (type)-1; \
    type result = call; \
    if (told == -1) kill(getpid(), SIGKILL); \
    return result

static int changes(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0; }
static mode_t mode_of(int flags, va_list more) { return (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0; }
#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, name, const char *, int, ...); \
        va_list more; va_start(more, flags); mode_t m = mode_of(flags, more); va_end(more); \
        CALL(int, changes(flags) && is_watched(path), real(path, flags, m)); \
    }
OPENS(open)
OPENS(open64)
#define OPENSAT(name) \
    int name(int at, const char *path, int flags, ...) { \
        REAL(int, name, int, const char *, int, ...); \
        va_list more; va_start(more, flags); mode_t m = mode_of(flags, more); va_end(more); \
        CALL(int, changes(flags) && is_watched(path), real(at, path, flags, m)); \
    }
OPENSAT(openat)
OPENSAT(openat64)
ssize_t write(int file, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    CALL(ssize_t, is_watched_file(file), real(file, data, size));
}
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    CALL(ssize_t, is_watched_file(file), real(file, data, size, at));
}
ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    CALL(ssize_t, is_watched_file(file), real(file, data, size, at));
}
ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    CALL(ssize_t, is_watched_file(file), real(file, parts, count));
}
#define ON_FILE(name) \
    int name(int file) { REAL(int, name, int); CALL(int, is_watched_file(file), real(file)); }
ON_FILE(fsync)
ON_FILE(fdatasync)
int ftruncate64(int file, off64_t size) {
    REAL(int, ftruncate64, int, off64_t);
    CALL(int, is_watched_file(file), real(file, size));
}
int ftruncate(int file, off_t size) {
    REAL(int, ftruncate, int, off_t);
    CALL(int, is_watched_file(file), real(file, size));
}
int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    CALL(int, is_watched(from) || is_watched(to), real(from, to));
}
int renameat(int a, const char *from, int b, const char *to) {
    REAL(int, renameat, int, const char *, int, const char *);
    CALL(int, is_watched(from) || is_watched(to), real(a, from, b, to));
}
int link(const char *from, const char *to) {
    REAL(int, link, const char *, const char *);
    CALL(int, is_watched(to), real(from, to));
}
int linkat(int a, const char *from, int b, const char *to, int flags) {
    REAL(int, linkat, int, const char *, int, const char *, int);
    CALL(int, is_watched(to), real(a, from, b, to, flags));
}
int unlink(const char *path) {
    REAL(int, unlink, const char *);
    CALL(int, is_watched(path), real(path));
}
int unlinkat(int at, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    CALL(int, is_watched_file(at) || is_watched(path), real(at, path, flags));
}
int mkdir(const char *path, mode_t m) {
    REAL(int, mkdir, const char *, mode_t);
    CALL(int, is_watched(path), real(path, m));
}
int mkdirat(int at, const char *path, mode_t m) {
    REAL(int, mkdirat, int, const char *, mode_t);
    CALL(int, is_watched(path), real(at, path, m));
}
int rmdir(const char *path) {
    REAL(int, rmdir, const char *);
    CALL(int, is_watched(path), real(path));
}
