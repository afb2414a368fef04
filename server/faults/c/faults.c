/* Faults of disk and clock, preloaded into the real server (LD_PRELOAD); built by the fault tests with `cc`.
 *
 * The server knows nothing of it, so nothing unsafe can be switched on in the product. It stands between the program and
 * the C library where a database's file is written, flushed, cut or removed, and where wall time is read:
 *
 *   FAULTS_WATCH    files under this folder are watched (not `-shm`, which needs no durability, nor locks)
 *   FAULTS_TRACE    every write and flush of them is appended here, in the order in which it happened
 *   FAULTS_CONTROL  a file of 64-bit numbers (enum slot) that the test changes while the program runs
 *   FAULTS_WAL_NORMAL  flushes of the WAL after a commit are not recorded, so that a replay loses what they would have kept.
 *                   That is all that `synchronous=NORMAL` differs in: there SQLite flushes the WAL only when its header was
 *                   written anew, and before a checkpoint. The library knows those two by what was written since the last
 *                   flush: the header (at offset 0), or nothing at all.
 *
 * The trace: a flush is written down when it begins and, once it has returned, when it ended. A write counts as flushed if it
 * stands before the begin of a flush that ended. The recorder of acknowledgements has this library too and writes into the
 * same trace, so that the order of the trace says which acknowledgements came before which cut. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum slot { WALL_OFFSET_MS, SPACE, FAIL_FLUSHES, FAIL_WHICH, DELAY_FLUSH_MS, KILL_AT_FLUSH, FLUSHES, SLOTS };
enum which { OF_WAL, OF_DATABASE };
enum op { NAME = 1, CREATE, WRITE, TRUNCATE, UNLINK, FLUSH_BEGIN, FLUSH_END, FOLDER_FLUSH };
enum kind { UNKNOWN, UNWATCHED, WATCHED, FOLDER };

struct record { uint32_t magic, op, file, length; uint64_t offset; };
struct known { unsigned char kind, wal; uint32_t file; };

#define FDS 65536
static struct known known[FDS];
static volatile int64_t unused_slots[SLOTS], *slots = unused_slots;
static int trace = -1, wal_normal;
static int wal_written, wal_header_written; /* since the last flush of the WAL */
static char watch[PATH_MAX];

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_close)(int), (*real_unlink)(const char *);
static int (*real_ftruncate)(int, off_t), (*real_open)(const char *, int, ...), (*real_rename)(const char *, const char *);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

static void die(const char *what) {
  dprintf(2, "faults.c: %s\n", what);
  abort();
}

__attribute__((constructor)) static void begin(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_close = dlsym(RTLD_NEXT, "close");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_open = dlsym(RTLD_NEXT, "open64");
  real_openat = dlsym(RTLD_NEXT, "openat64");
  real_rename = dlsym(RTLD_NEXT, "rename");
  real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  wal_normal = getenv("FAULTS_WAL_NORMAL") != NULL;
  if (getenv("FAULTS_WATCH") && !realpath(getenv("FAULTS_WATCH"), watch)) die("the watched folder is not there");
  if (getenv("FAULTS_CONTROL")) {
    int fd = real_open(getenv("FAULTS_CONTROL"), O_RDWR | O_CLOEXEC);
    void *page = mmap(NULL, SLOTS * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || page == MAP_FAILED) die("the control file can't be mapped");
    slots = page;
  }
  if (getenv("FAULTS_TRACE")) {
    trace = real_open(getenv("FAULTS_TRACE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (trace < 0) die("the trace can't be opened");
  }
}

/* What is watched */

static int ends(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && !strcmp(text + n - m, end);
}

static int is_watched(const char *path) {
  size_t n = strlen(watch);
  return n && !strncmp(path, watch, n) && path[n] == '/' && !ends(path, "-shm") && !ends(path, ".lock");
}

static void put(uint32_t op, uint32_t file, uint64_t offset, const void *data, size_t length) {
  if (trace < 0) return;
  struct record record = {0x4b43, op, file, (uint32_t)length, offset};
  struct iovec parts[2] = {{&record, sizeof record}, {(void *)data, data ? length : 0}};
  if (!data) record.length = 0;
  /* One append, so that two processes and many threads have one order. */
  ssize_t want = (ssize_t)(parts[0].iov_len + parts[1].iov_len);
  if (syscall(SYS_writev, trace, parts, 2) != want) die("the trace can't be written");
}

static uint32_t name(const char *path) {
  uint32_t hash = 2166136261u;
  for (const char *c = path; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
  put(NAME, hash, 0, path, strlen(path));
  return hash;
}

static struct known *of(int fd) {
  static struct known never = {UNWATCHED, 0, 0};
  if (!watch[0] || fd < 0 || fd >= FDS) return &never;
  struct known *it = &known[fd];
  if (it->kind == UNKNOWN) {
    char link[64], path[PATH_MAX];
    struct stat stat;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = 0;
    if (!strcmp(path, watch)) {
      it->kind = FOLDER;
    } else if (is_watched(path) && !fstat(fd, &stat) && S_ISREG(stat.st_mode)) {
      it->wal = ends(path, "-wal");
      it->file = name(path);
      it->kind = WATCHED;
    } else {
      it->kind = UNWATCHED;
    }
  }
  return it;
}

/* Opening, closing, removing */

static int opened(int fd, const char *path, int flags, int was_there) {
  if (fd < 0 || fd >= FDS || !watch[0]) return fd;
  memset(&known[fd], 0, sizeof known[fd]);
  if ((flags & (O_CREAT | O_TRUNC)) == 0) return fd;
  (void)path;
  struct known *it = of(fd);
  if (it->kind != WATCHED) return fd;
  if (!was_there) put(CREATE, it->file, 0, NULL, 0);
  else if (flags & O_TRUNC) put(TRUNCATE, it->file, 0, NULL, 0);
  return fd;
}

#define MODE(flags)                                                                                                        \
  mode_t mode = 0;                                                                                                         \
  if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                                   \
    va_list more;                                                                                                          \
    va_start(more, flags);                                                                                                 \
    mode = va_arg(more, mode_t);                                                                                           \
    va_end(more);                                                                                                          \
  }

static int is_there(int folder, const char *path, int flags) {
  struct stat stat;
  return !(flags & (O_CREAT | O_TRUNC)) || !fstatat(folder, path, &stat, 0);
}

int open(const char *path, int flags, ...) {
  MODE(flags)
  int there = is_there(AT_FDCWD, path, flags);
  return opened(real_open ? real_open(path, flags, mode) : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode), path,
                flags, there);
}
int open64(const char *path, int flags, ...) {
  MODE(flags)
  int there = is_there(AT_FDCWD, path, flags);
  return opened(real_open ? real_open(path, flags, mode) : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode), path,
                flags, there);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE(flags)
  int there = is_there(folder, path, flags);
  return opened(real_openat(folder, path, flags, mode), path, flags, there);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE(flags)
  int there = is_there(folder, path, flags);
  return opened(real_openat(folder, path, flags, mode), path, flags, there);
}

int close(int fd) {
  if (fd >= 0 && fd < FDS) memset(&known[fd], 0, sizeof known[fd]);
  return real_close ? real_close(fd) : (int)syscall(SYS_close, fd);
}

int unlink(const char *path) {
  char whole[PATH_MAX];
  int watched = realpath(path, whole) && is_watched(whole);
  int outcome = real_unlink(path);
  if (watched && !outcome) put(UNLINK, name(whole), 0, NULL, 0);
  return outcome;
}

int rename(const char *from, const char *to) {
  char whole[PATH_MAX];
  if (trace >= 0 && realpath(from, whole) && is_watched(whole)) die("renaming a watched file is not known to the trace");
  return real_rename(from, to);
}

/* Writing */

/* Whether the disk has room for a write that ends at `end`. Only growth takes space. */
static int has_room(int fd, off_t end) {
  int64_t left = slots[SPACE]; /* 0: any amount; n: n - 1 bytes */
  struct stat stat;
  if (!left || fstat(fd, &stat) || end <= stat.st_size) return 1;
  if (end - stat.st_size > left - 1) return 0;
  slots[SPACE] = left - (end - stat.st_size);
  return 1;
}

static ssize_t watched_write(int fd, struct known *it, const void *data, size_t length, off_t at, int here) {
  if (!has_room(fd, at + (off_t)length)) {
    errno = ENOSPC;
    return -1;
  }
  ssize_t done = here ? real_write(fd, data, length) : real_pwrite(fd, data, length, at);
  if (done > 0) {
    put(WRITE, it->file, (uint64_t)at, data, (size_t)done);
    if (it->wal) {
      wal_written = 1;
      wal_header_written = at == 0;
    }
  }
  return done;
}

ssize_t write(int fd, const void *data, size_t length) {
  struct known *it = of(fd);
  if (it->kind != WATCHED) return real_write ? real_write(fd, data, length) : syscall(SYS_write, fd, data, length);
  int appends = fcntl(fd, F_GETFL) & O_APPEND;
  return watched_write(fd, it, data, length, lseek(fd, 0, appends ? SEEK_END : SEEK_CUR), 1);
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
  struct known *it = of(fd);
  return it->kind == WATCHED ? watched_write(fd, it, data, length, at, 0) : real_pwrite(fd, data, length, at);
}
ssize_t pwrite64(int fd, const void *data, size_t length, off_t at) { return pwrite(fd, data, length, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (of(fd)->kind == WATCHED) die("writev of a watched file is not known to the trace");
  return real_writev(fd, parts, count);
}

int ftruncate(int fd, off_t length) {
  struct known *it = of(fd);
  int outcome = real_ftruncate(fd, length);
  if (!outcome && it->kind == WATCHED) put(TRUNCATE, it->file, (uint64_t)length, NULL, 0);
  return outcome;
}
int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

/* Flushing */

static void wait_ms(int64_t ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static int flush(int fd, int (*real)(int)) {
  struct known *it = of(fd);
  if (it->kind == FOLDER) {
    int outcome = real(fd);
    if (!outcome) put(FOLDER_FLUSH, 0, 0, NULL, 0);
    return outcome;
  }
  if (it->kind != WATCHED) return real(fd);
  int of_commit = it->wal && wal_written && !wal_header_written;
  put(FLUSH_BEGIN, it->file, 0, NULL, 0);
  if (slots[DELAY_FLUSH_MS]) wait_ms(__atomic_exchange_n(&slots[DELAY_FLUSH_MS], 0, __ATOMIC_SEQ_CST));
  if (slots[FAIL_FLUSHES] && (slots[FAIL_WHICH] == OF_WAL) == it->wal) {
    if (slots[FAIL_FLUSHES] > 0) slots[FAIL_FLUSHES]--;
    errno = EIO;
    return -1;
  }
  int outcome = real(fd);
  if (outcome) return outcome;
  if (!(wal_normal && of_commit)) put(FLUSH_END, it->file, 0, NULL, 0);
  if (it->wal) wal_written = wal_header_written = 0;
  if (of_commit && ++slots[FLUSHES] == slots[KILL_AT_FLUSH]) kill(getpid(), SIGKILL);
  return outcome;
}

int fsync(int fd) { return flush(fd, real_fsync); }
int fdatasync(int fd) { return flush(fd, real_fdatasync); }

/* Wall time; the monotonic clock is nobody's to change */

static void shift(struct timespec *time) {
  int64_t ms = slots[WALL_OFFSET_MS];
  if (!ms) return;
  int64_t ns = time->tv_nsec + ms % 1000 * 1000000;
  int64_t carry = ns < 0 ? -1 : ns / 1000000000;
  time->tv_sec += ms / 1000 + carry;
  time->tv_nsec = ns - carry * 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int outcome = real_clock_gettime ? real_clock_gettime(clock, time) : (int)syscall(SYS_clock_gettime, clock, time);
  if (!outcome && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(time);
  return outcome;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  struct timespec now;
  (void)zone;
  int outcome = clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return outcome;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}
