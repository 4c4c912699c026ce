/* main.c - plays scenarios, each in a process of its own: with all guards it must pass, without its guard fail.
 *
 *     replay [--log] [--without GUARD] SCENARIO.txt... | FOLDER
 *     replay --words
 *
 * --log prints what the services log; --without plays one scenario as it goes without that guard. */
#include "replay.h"

#include "guard.h"
#include "xmalloc.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 900 /* under valgrind, on a busy machine */, EXIT_FAILED = 1, EXIT_UNREAD = 2, PATHS_MAX = 256 };

static const script_t *playing;
static int playing_line;
static bool echo;

void fail (const char *format, ...)
{
    va_list args;
    va_start (args, format);
    fprintf (stderr, "    %s:%d, after %.1f s: ", playing->path, playing_line,
             (double)(fake_wall () - FAKE_START_MS) / 1000);
    vfprintf (stderr, format, args);
    fputc ('\n', stderr);
    va_end (args);
    _exit (EXIT_FAILED);
}

/* The policy that every scenario has which does not bring its own: standard.yaml beside it. */
static void standard_policy (const script_t *script)
{
    char path[4096], *text = NULL;
    const char *slash = strrchr (script->path, '/');
    snprintf (path, sizeof path, "%.*sstandard.yaml", slash ? (int)(slash - script->path) + 1 : 0, script->path);
    FILE *file = fopen (path, "r");
    size_t size = 0;
    if (!file || getdelim (&text, &size, 0, file) < 0)
        fail ("%s can't be read", path);
    fclose (file);
    stage_policy (text);
    free (text);
}

static void begin (const script_t *script, const char *without)
{
    playing = script;
    guard_off = without;
    alarm (SECONDS_MAX);
    fake_reset (1);
    fake_log_echo (echo);
    stage_open ();
}

static void play (const script_t *script, const char *without)
{
    begin (script, without);
    if (script->n == 0 || strcmp (script->lines[0].words[0], "policy") != 0)
        standard_policy (script);
    for (size_t i = 0; i < script->n; i++) {
        playing_line = script->lines[i].number;
        verb_do (&script->lines[i]);
    }
    look_leftovers ();
}

/* In a child, so that each begins with nothing and may end as it likes. True: it passed. */
static bool play_apart (const script_t *script, const char *without, bool quiet)
{
    fflush (NULL);
    pid_t child = fork ();
    if (child == 0) {
        if (quiet && !freopen ("/dev/null", "w", stderr))
            _exit (EXIT_FAILED);
        play (script, without);
        _exit (0);
    }
    int status = 0;
    while (waitpid (child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED (status) && !quiet)
        fprintf (stderr, "    %s: ended by signal %d\n", script->path, WTERMSIG (status));
    return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

static bool judge (const char *path)
{
    script_t *script = script_read (path);
    const char *name = strrchr (path, '/') ? strrchr (path, '/') + 1 : path;
    bool stands = play_apart (script, NULL, false);
    bool falls = !script->guard[0] || !play_apart (script, script->guard, true);
    printf ("%s %-46s %s", stands && falls ? "ok  " : "FAIL", name, stands ? "passes" : "FAILS");
    if (script->guard[0])
        printf (", without %s it %s", script->guard, falls ? "fails" : "PASSES");
    putchar ('\n');
    script_destroy (&script);
    return stands && falls;
}

static int by_name (const void *a, const void *b)
{
    return strcmp (*(char *const *)a, *(char *const *)b);
}

static size_t add_folder (const char *folder, char **paths, size_t n)
{
    DIR *dir = opendir (folder);
    for (struct dirent *entry; dir && (entry = readdir (dir));) {
        size_t size = strlen (entry->d_name);
        if (size < 5 || strcmp (entry->d_name + size - 4, ".txt") != 0 || n == PATHS_MAX)
            continue;
        if (asprintf (&paths[n++], "%s/%s", folder, entry->d_name) < 0)
            abort ();
    }
    if (dir)
        closedir (dir);
    qsort (paths, n, sizeof *paths, by_name);
    return n;
}

static char secrets[] = "/tmp/replay.XXXXXX";

static void secrets_make (void)
{
    char path[64];
    if (!mkdtemp (secrets))
        exit (EXIT_UNREAD);
    snprintf (path, sizeof path, "%s/hook", secrets);
    FILE *file = fopen (path, "w");
    if (file) {
        fputs ("a signing key for tests", file);
        fclose (file);
    }
    setenv ("REPLAY_SECRETS", secrets, 1);
}

static void secrets_remove (void)
{
    char path[64];
    snprintf (path, sizeof path, "%s/hook", secrets);
    unlink (path);
    rmdir (secrets);
}

typedef struct task {
    char *paths[PATHS_MAX];
    size_t n;
    const char *without;
} task_t;

static int play_all (const task_t *task)
{
    int passed = 0, failed = 0;
    for (size_t i = 0; i < task->n; i++) {
        script_t *script = task->without ? script_read (task->paths[i]) : NULL;
        bool ok = task->without ? play_apart (script, task->without, false) : judge (task->paths[i]);
        script_destroy (&script);
        passed += ok;
        failed += !ok;
    }
    printf ("%d passed, %d failed\n", passed, failed);
    return failed || !passed ? EXIT_FAILED : 0;
}

static void task_add (task_t *self, char *path)
{
    struct stat info;
    if (stat (path, &info) == 0 && S_ISDIR (info.st_mode))
        self->n = add_folder (path, self->paths, self->n);
    else if (self->n < PATHS_MAX)
        self->paths[self->n++] = xstrdup (path);
}

int main (int argc, char **argv)
{
    static task_t task;
    for (int i = 1; i < argc; i++) {
        if (strcmp (argv[i], "--words") == 0)
            return verbs_print (stdout), 0;
        if (strcmp (argv[i], "--log") == 0)
            echo = true;
        else if (strcmp (argv[i], "--without") == 0 && i + 1 < argc)
            task.without = argv[++i];
        else
            task_add (&task, argv[i]);
    }
    secrets_make ();
    int status = play_all (&task);
    secrets_remove ();
    for (size_t i = 0; i < task.n; i++)
        free (task.paths[i]);
    return status;
}
