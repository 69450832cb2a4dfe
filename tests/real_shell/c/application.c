/* The application of every start-up: says in /srv/.log when it starts, which signals it gets and when it has
 * finished its graceful work. The name under which it was found decides what it is:
 *
 *   app              handles signals; the verdict is about it
 *   app-default      the same without any handler
 *   nginx, httpd, php-fpm, uwsgi
 *                    servers that end at once on signals on which the real ones drop what is in flight; nginx goes
 *                    into the background without `daemon off;`
 *   apachectl        runs httpd and waits for it
 *   worker, app2     handle signals, but are helpers: the verdict is not about them
 *   anything else    a tool that succeeds at once (nc, pg_isready, ...)
 *
 * /srv/.conf holds "GRACEFUL_MS STOP_SIGNAL [LIFE_MS STATUS]"; with the last two the application ends by itself with
 * that status. What it was given (words, directory, variables) goes to /srv/.given. TERM, INT, QUIT, HUP and the stop signal begin the graceful work;
 * other handled signals are only written down. Lines of the log, times in microseconds of the monotonic clock:
 *
 *   start TIME PID NAME REALTIME      signal TIME PID NUMBER      clean TIME PID
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int HANDLED[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, 37};
enum { HANDLED_COUNT = sizeof HANDLED / sizeof HANDLED[0] };
static const long long LONGEST_LIFE_US = 30 * 1000000LL;

static volatile sig_atomic_t pending[65];

static void note(int number) { pending[number] = 1; }

static long long clock_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* One write for a line, so that lines of several processes stay whole. */
static void tell(const char *format, ...) {
    char line[600];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    int file = open("/srv/.log", O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0 || write(file, line, length) != length) exit(90);
    close(file);
}

/* The number of words, the words, the directory and the variables, each with a zero byte behind it. */
static void tell_given(int count, char **words) {
    extern char **environ;
    char directory[512];
    FILE *file = fopen("/srv/.given", "we");
    if (!file) return;
    fprintf(file, "%d%c", count, 0);
    for (int i = 0; i < count; i++) fprintf(file, "%s%c", words[i], 0);
    fprintf(file, "%s%c", getcwd(directory, sizeof directory) ? directory : "?", 0);
    for (char **variable = environ; *variable; variable++) fprintf(file, "%s%c", *variable, 0);
    fclose(file);
}

/* Whether one of the words is this one. */
static int has(int count, char **words, const char *word) {
    for (int i = 1; i < count; i++)
        if (!strcmp(words[i], word)) return 1;
    return 0;
}

/* Whether the file behind an option has this text in it. */
static int file_has(int count, char **words, const char *option, const char *wanted) {
    char text[4096] = "";
    for (int i = 1; i + 1 < count; i++) {
        FILE *file = strcmp(words[i], option) ? NULL : fopen(words[i + 1], "re");
        if (!file) continue;
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
    }
    return strstr(text, wanted) != NULL;
}

/* Whether a server that drops its work on SIGTERM finishes it on this signal, as it was started. */
static int finishes(const char *name, int number, int count, char **words) {
    if (!strcmp(name, "nginx")) return number == SIGQUIT;
    if (!strcmp(name, "httpd")) return number == SIGWINCH;
    if (!strcmp(name, "php-fpm"))
        return number == SIGQUIT && file_has(count, words, "-y", "\nprocess_control_timeout = 10s\n");
    if (!strcmp(name, "uwsgi")) return has(count, words, "--hook-master-start");
    return 1;
}

int main(int count, char **words) {
    char path[512] = "";
    if (readlink("/proc/self/exe", path, sizeof path - 1) < 0) return 91;
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    if (!strcmp(name, "apachectl")) {
        /* Like the script of that name: it waits, and passes nothing on. */
        pid_t server = fork();
        if (!server) {
            words[0] = "httpd";
            execv("/usr/local/bin/httpd", words);
            return 95;
        }
        return waitpid(server, NULL, 0) < 0;
    }
    int serves = !strcmp(name, "nginx") || !strcmp(name, "httpd") || !strcmp(name, "php-fpm") || !strcmp(name, "uwsgi");
    int judged = serves || !strcmp(name, "app") || !strcmp(name, "app-default");
    if (!judged && strcmp(name, "worker") && strcmp(name, "app2")) return 0;

    int graceful_ms, stop_signal, life_ms = -1, status = 0;
    FILE *conf = fopen("/srv/.conf", "re");
    if (!conf || fscanf(conf, "%d %d %d %d", &graceful_ms, &stop_signal, &life_ms, &status) < 2) return 92;
    fclose(conf);
    if (judged) tell_given(count, words);

    if (!strcmp(name, "nginx") && !has(count, words, "daemon off;")) {
        if (fork()) return 0;
        setsid();
    }

    struct sched_param urgent = {.sched_priority = 5};
    int realtime = sched_setscheduler(0, SCHED_FIFO, &urgent) == 0;
    sigset_t blocked, before;
    sigemptyset(&blocked);
    signal(SIGPIPE, SIG_IGN);
    if (strcmp(name, "app-default")) {
        for (int i = 0; i < HANDLED_COUNT; i++) sigaddset(&blocked, HANDLED[i]);
        sigprocmask(SIG_BLOCK, &blocked, &before);
        for (int i = 0; i < HANDLED_COUNT; i++) {
            struct sigaction action = {.sa_handler = note};
            sigaction(HANDLED[i], &action, NULL);
            sigdelset(&before, HANDLED[i]);
        }
    } else {
        sigprocmask(SIG_BLOCK, &blocked, &before);
    }
    tell("start %lld %d %s %d\n", clock_us(), (int)getpid(), name, realtime);
    if (judged) {
        int mark = open("/srv/.up", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        if (mark >= 0) close(mark);
    }
    if (write(1, "up\n", 3) < 0) tell("mute %lld %d\n", clock_us(), (int)getpid());

    if (life_ms >= 0) {
        struct timespec life = {life_ms / 1000, life_ms % 1000 * 1000000L};
        nanosleep(&life, NULL);
        return status;
    }

    long long end = clock_us() + LONGEST_LIFE_US;
    int stopping = 0;
    for (long long left; (left = end - clock_us()) > 0;) {
        struct timespec pause = {left / 1000000, left % 1000000 * 1000};
        if (ppoll(NULL, 0, &pause, &before) >= 0 || errno != EINTR) continue;
        for (int number = 1; number < 65; number++) {
            if (!pending[number]) continue;
            pending[number] = 0;
            tell("signal %lld %d %d\n", clock_us(), (int)getpid(), number);
            int stops = number == SIGTERM || number == SIGINT || number == SIGQUIT || number == SIGHUP
                || number == stop_signal;
            if (stops && !finishes(name, number, count, words)) return 94;
            if (stops && !stopping) {
                stopping = 1;
                end = clock_us() + graceful_ms * 1000LL;
            }
        }
    }
    if (!stopping) return 93;
    tell("clean %lld %d\n", clock_us(), (int)getpid());
    return 0;
}
