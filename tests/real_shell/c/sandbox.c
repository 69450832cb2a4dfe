/* Runs one command as PID 1 of a new PID namespace, stops it as a container platform does (the stop signal to
 * PID 1 only, a grace period, SIGKILL to everything) and tells what became of PID 1.
 *
 *   sandbox WORK BIN SHELL SIGNAL START_MS SETTLE_MS GRACE_MS COMMAND [ARGUMENT...]
 *
 * WORK becomes /srv and the working directory, BIN becomes /usr/local/bin, SHELL becomes /bin/sh; /tmp and /run
 * are empty. START_MS is the longest time until the application is up (it makes WORK/.up), SETTLE_MS passes
 * between that and the signal. One line on stdout:
 *
 *   OUTCOME WAIT_STATUS STOP_US KILL_US      OUTCOME: noexec, early, ended, killed
 *
 * Times are microseconds of the monotonic clock, 0 where it did not come to that. If the namespace cannot be made,
 * the reason is on stderr and the exit status is 3.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct failure {
    char step[40];
    int error;
    int is_exec;
};

static char up_file[4096];
static pid_t first;
static int first_status;
static int first_is_gone;

static void give_up(const char *step) {
    fprintf(stderr, "%s: %s\n", step, strerror(errno));
    exit(3);
}

static long long clock_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void put(const char *path, const char *format, ...) {
    char text[100];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, length) != length) give_up(path);
    close(file);
}

/* Without root a user namespace gives the right to make the others. */
static void enter_user_namespace(void) {
    int user = geteuid(), group = getegid();
    if (unshare(CLONE_NEWUSER)) give_up("unshare(CLONE_NEWUSER)");
    put("/proc/self/setgroups", "deny");
    put("/proc/self/uid_map", "0 %d 1", user);
    put("/proc/self/gid_map", "0 %d 1", group);
}

/* The application asks for real-time priority, and shares one CPU with PID 1. So it handles a signal before the
 * process that sent it runs on, and "signalled, then cut off" is told from "never signalled" in every run. */
static void share_one_cpu(void) {
    cpu_set_t allowed, chosen;
    if (sched_getaffinity(0, sizeof allowed, &allowed)) return;
    int skip = getpid() % CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || skip-- > 0) continue;
        CPU_ZERO(&chosen);
        CPU_SET(cpu, &chosen);
        sched_setaffinity(0, sizeof chosen, &chosen);
        return;
    }
}

/* Waits until PID 1 has ended or the time has come, looking for the application's mark if asked to. */
static void wait_until(long long deadline, int for_application) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    while (!first_is_gone) {
        if (waitpid(first, &first_status, WNOHANG) == first) {
            first_is_gone = 1;
            return;
        }
        if (for_application && !access(up_file, F_OK)) return;
        long long left = deadline - clock_us();
        if (left <= 0) return;
        if (for_application && left > 5000) left = 5000;
        struct timespec pause = {left / 1000000, left % 1000000 * 1000};
        sigtimedwait(&child, NULL, &pause);
    }
}

static int bind_over(const char *from, const char *to) { return mount(from, to, NULL, MS_BIND | MS_REC, NULL); }

/* As a runtime does it: a file that the kernel refuses is not given to a shell, as execvp would. */
static int exec_first(char **command) {
    const char *path = getenv("PATH");
    if (strchr(command[0], '/') || !path) return execv(command[0], command);
    errno = ENOENT;
    for (const char *end; *path; path = *end ? end + 1 : end) {
        char file[4096];
        end = strchr(path, ':') ? strchr(path, ':') : path + strlen(path);
        snprintf(file, sizeof file, "%.*s/%s", (int)(end - path), path, command[0]);
        if (!access(file, F_OK)) return execv(file, command);
    }
    return -1;
}

static void become_first(int report, char *work, char *bin, char *shell, char **command) {
    struct failure failure = {.error = 0};
    const char *step;
#define TRY(call) if (step = #call, (call) < 0) goto failed
    TRY(prctl(PR_SET_PDEATHSIG, SIGKILL));
    TRY(unshare(CLONE_NEWNS));
    TRY(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    TRY(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
    TRY(bind_over(shell, "/bin/sh"));
    TRY(bind_over(bin, "/usr/local/bin"));
    TRY(bind_over(work, "/srv"));
    TRY(mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"));
    TRY(mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"));
    TRY(chdir("/srv"));
    TRY(setsid());
    umask(022);
    int input = open("/dev/null", O_RDONLY), output = open("/srv/.output", O_WRONLY | O_APPEND);
    TRY(dup2(input, 0));
    TRY(dup2(output, 1));
    TRY(dup2(output, 2));
    fcntl(input, F_SETFD, FD_CLOEXEC);
    fcntl(output, F_SETFD, FD_CLOEXEC);
    for (int number = 1; number < 65; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    failure.is_exec = 1;
    TRY(exec_first(command));
failed:
    failure.error = errno;
    strncpy(failure.step, step, sizeof failure.step - 1);
    if (write(report, &failure, sizeof failure) < 0) _exit(4);
    _exit(3);
}

int main(int count, char **words) {
    if (count < 9) return 2;
    int number = atoi(words[4]), report[2];
    long long start = atoll(words[5]) * 1000, settle = atoll(words[6]) * 1000, grace = atoll(words[7]) * 1000;
    snprintf(up_file, sizeof up_file, "%s/.up", words[1]);

    if (geteuid() != 0) enter_user_namespace();
    share_one_cpu();
    setpriority(PRIO_PROCESS, 0, -10);
    struct rlimit realtime = {50, 50};
    setrlimit(RLIMIT_RTPRIO, &realtime);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);

    if (unshare(CLONE_NEWPID)) give_up("unshare(CLONE_NEWPID)");
    if (pipe2(report, O_CLOEXEC)) give_up("pipe");
    first = fork();
    if (first < 0) give_up("fork");
    if (first == 0) become_first(report[1], words[1], words[2], words[3], words + 8);
    close(report[1]);
    struct failure failure;
    if (read(report[0], &failure, sizeof failure) == sizeof failure) {
        waitpid(first, &first_status, 0);
        if (failure.is_exec) {
            printf("noexec %d 0 0\n", failure.error);
            return 0;
        }
        errno = failure.error;
        give_up(failure.step);
    }

    wait_until(clock_us() + start, 1);
    wait_until(clock_us() + settle, 0);
    if (first_is_gone) {
        printf("early %d 0 0\n", first_status);
        return 0;
    }
    long long stopped = clock_us();
    kill(first, number);
    wait_until(stopped + grace, 0);
    if (first_is_gone) {
        printf("ended %d %lld 0\n", first_status, stopped);
        return 0;
    }
    long long killed = clock_us();
    kill(first, SIGKILL);
    waitpid(first, &first_status, 0);
    printf("killed %d %lld %lld\n", first_status, stopped, killed);
    return 0;
}
