/* main.c - days drawn from seeds, each in a process of its own.
 *
 *     simulate [--seconds N] [--days N] [--jobs N] [--from SEED] FOLDER     seeds that once failed, then others
 *     simulate --seed SEED [--log] [--without GUARD] FOLDER                 one day
 *     simulate --guards DAYS FOLDER                                         which guard's absence is seen, and when
 *     simulate --twice DAYS FOLDER                                          is the same seed the same day?
 *
 * FOLDER holds the policies (policy-0.yaml, ...) and the list `seeds`. Without --from the first seed is drawn and
 * printed. --seconds is a time box: no day begins after it. A day that fails prints the law, the contact's timeline, and
 * the command that plays it again. */
#include "sim.h"

#include "guard.h"
#include "xmalloc.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DAY_SECONDS_MAX = 300, JOBS_MAX = 64, EXIT_FAILED = 1, EXIT_USAGE = 2, SEEDS_MAX = 512, LAW_SIZE = 160 };

static struct {
    const char *folder, *without, *program;
    int64_t seconds, days, jobs, guards, twice;
    uint64_t from, seed;
    bool log;
} options = {.days = INT64_MAX, .jobs = 1};

static char *policies[POLICIES];
static uint64_t playing;
static int out = -1; /* of a child: its result goes there */

typedef struct outcome {
    bool failed;
    char law[LAW_SIZE];
    day_result_t result;
} outcome_t;

/* --- in the child ---------------------------------------------------------------------------------------------- */

void say (const char *format, ...)
{
    va_list args;
    if (!options.log)
        return;
    va_start (args, format);
    fprintf (stderr, "%10.3f > ", (double)(fake_wall () - FAKE_START_MS) / 1000);
    vfprintf (stderr, format, args);
    fputc ('\n', stderr);
    va_end (args);
}

static void print_timeline (const char *id)
{
    char key[160];
    snprintf (key, sizeof key, "b:{0}:tl:" WORKSPACE ":%s", id);
    for (size_t i = 0, size = 0;; i++) {
        const char *bytes = fake_store_item (key, i, &size, NULL);
        Buckstop__V1__Event *event = bytes ? buckstop__v1__event__unpack (NULL, size, (const uint8_t *)bytes) : NULL;
        if (!event)
            return;
        for (size_t f = 0; f < event->n_facts; f++) {
            const Buckstop__V1__Fact *fact = event->facts[f];
            fprintf (stderr, "    %10.3f  %s %s by '%s' to '%s' n=%u due=%.3f %s | %s\n",
                     (double)(fact->at - FAKE_START_MS) / 1000, fact_kind_name (fact->kind),
                     fact->promise ? promise_kind_name (fact->promise) : "", fact->by, fact->to, fact->number,
                     fact->due ? (double)(fact->due - FAKE_START_MS) / 1000 : 0.0, fact->detail, fact->text);
        }
        buckstop__v1__event__free_unpacked (event, NULL);
    }
}

static void tell (const outcome_t *outcome)
{
    if (out >= 0 && write (out, outcome, sizeof *outcome) != (ssize_t)sizeof *outcome)
        _exit (EXIT_FAILED);
}

void broken (const char *law, const char *contact, const char *format, ...)
{
    outcome_t outcome = {.failed = true};
    char words[512];
    va_list args;
    va_start (args, format);
    vsnprintf (words, sizeof words, format, args);
    va_end (args);
    fprintf (stderr, "seed %llu, after %.3f s and %llu commits: law %s: %s %s\n", (unsigned long long)playing,
             (double)(fake_wall () - FAKE_START_MS) / 1000, (unsigned long long)fake_store_commits (), law,
             contact ? contact : "", words);
    if (contact)
        print_timeline (contact);
    laws_print_commit (stderr);
    fprintf (stderr, "again: %s --seed %llu --log%s%s %s\n", options.program, (unsigned long long)playing,
             options.without ? " --without " : "", options.without ? options.without : "", options.folder);
    snprintf (outcome.law, sizeof outcome.law, "%.30s: %.120s", law, words);
    tell (&outcome);
    _exit (EXIT_FAILED);
}

static void play (uint64_t seed)
{
    outcome_t outcome = {.failed = false};
    playing = seed;
    guard_off = options.without;
    alarm (DAY_SECONDS_MAX);
    fake_log_echo (options.log);
    fake_log_mute (true);
    day_play (seed, (const char *const *)policies, &outcome.result);
    tell (&outcome);
    _exit (0);
}

/* --- days, some at once ----------------------------------------------------------------------------------------- */

typedef struct job {
    pid_t pid; /* 0: none */
    int in;
    uint64_t seed;
} job_t;

static void job_begin (job_t *self, uint64_t seed, bool quiet)
{
    int ends[2];
    if (pipe (ends) < 0)
        exit (EXIT_FAILED);
    fflush (NULL);
    self->seed = seed;
    self->pid = fork ();
    if (self->pid == 0) {
        close (ends[0]);
        out = ends[1];
        if (quiet && !freopen ("/dev/null", "w", stderr))
            _exit (EXIT_FAILED);
        play (seed);
    }
    close (ends[1]);
    self->in = ends[0];
}

static outcome_t job_end (job_t *self)
{
    outcome_t outcome = {.failed = true, .law = "it ended without a word"};
    int status = 0;
    bool told = read (self->in, &outcome, sizeof outcome) == (ssize_t)sizeof outcome;
    close (self->in);
    while (waitpid (self->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!told && WIFSIGNALED (status)) {
        outcome.failed = true;
        snprintf (outcome.law, sizeof outcome.law, "ended by signal %d", WTERMSIG (status));
        fprintf (stderr, "seed %llu: %s\n", (unsigned long long)self->seed, outcome.law);
    }
    self->pid = 0;
    return outcome;
}

static outcome_t play_one (uint64_t seed, bool quiet)
{
    job_t job;
    job_begin (&job, seed, quiet);
    return job_end (&job);
}

static double now_seconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

typedef struct tally {
    int passed, failed;
    uint64_t commits, contacts, faults;
    int64_t ms;
} tally_t;

static void count (tally_t *tally, uint64_t seed, const outcome_t *outcome)
{
    tally->passed += !outcome->failed;
    tally->failed += outcome->failed;
    tally->commits += outcome->result.commits;
    tally->contacts += outcome->result.contacts;
    tally->faults += outcome->result.faults;
    tally->ms += outcome->result.ms;
    if (outcome->failed)
        printf ("FAIL seed %llu: %s\n", (unsigned long long)seed, outcome->law);
    fflush (stdout);
}

static size_t seeds_once_failed (uint64_t seeds[SEEDS_MAX])
{
    char path[4096], line[256];
    size_t n = 0;
    snprintf (path, sizeof path, "%s/seeds", options.folder);
    FILE *file = fopen (path, "r");
    while (file && n < SEEDS_MAX && fgets (line, sizeof line, file))
        if (line[0] >= '0' && line[0] <= '9')
            seeds[n++] = strtoull (line, NULL, 10);
    if (file)
        fclose (file);
    return n;
}

/* The first of the jobs to have said something, or to have ended without. */
static job_t *job_done (job_t jobs[JOBS_MAX])
{
    struct pollfd ends[JOBS_MAX];
    for (int i = 0; i < options.jobs; i++)
        ends[i] = (struct pollfd){.fd = jobs[i].pid ? jobs[i].in : -1, .events = POLLIN};
    while (poll (ends, (nfds_t)options.jobs, -1) < 0 && errno == EINTR)
        ;
    for (int i = 0; i < options.jobs; i++)
        if (ends[i].revents)
            return &jobs[i];
    exit (EXIT_FAILED);
}

static job_t *job_free (job_t jobs[JOBS_MAX])
{
    for (int i = 0; i < options.jobs; i++)
        if (!jobs[i].pid)
            return &jobs[i];
    return NULL;
}

/* As many jobs at once as wanted: whole days and rushes last differently. */
static tally_t play_days (void)
{
    static job_t jobs[JOBS_MAX];
    uint64_t seeds[SEEDS_MAX], next = options.from;
    size_t known = seeds_once_failed (seeds);
    double began = now_seconds ();
    tally_t tally = {0};
    int64_t begun = 0, ended = 0;
    for (;;) {
        bool over = begun >= options.days || (options.seconds && now_seconds () - began >= (double)options.seconds);
        bool more = begun < (int64_t)known || !over;
        job_t *job = more ? job_free (jobs) : NULL;
        if (job) {
            job_begin (job, begun < (int64_t)known ? seeds[begun] : next++, false);
            begun++;
            continue;
        }
        if (ended == begun)
            break;
        job = job_done (jobs);
        outcome_t outcome = job_end (job);
        count (&tally, job->seed, &outcome);
        ended++;
    }
    double seconds = now_seconds () - began;
    double days = (double)tally.ms / (double)MS_PER_DAY;
    printf ("seeds %llu to %llu and %zu that once failed, %lld runs: %.1f simulated days in %.0f s (%.0f an hour); "
            "%llu contacts, %llu commits judged, %llu faults\n",
            (unsigned long long)options.from, (unsigned long long)next - 1, known, (long long)ended, days, seconds,
            days * 3600 / (seconds > 0 ? seconds : 1), (unsigned long long)tally.contacts,
            (unsigned long long)tally.commits, (unsigned long long)tally.faults);
    return tally;
}

/* --- does the judge see what is missing? ------------------------------------------------------------------------- */

static const char *const guards[] = {"f01", "f02", "f03", "f04", "f05", "f06", "f07", "f08", "f12",
                                     "f13", "f15", "f19", "f21", "f22", "f23", "f24", "f25", "f26",
                                     "f27", "f31", "f32", "f36", "f37", "f39", "f40", "f41", "f42"};

static tally_t play_guards (void)
{
    tally_t tally = {0};
    for (size_t i = 0; i < sizeof guards / sizeof *guards; i++) {
        options.without = guards[i];
        outcome_t outcome = {.failed = false};
        int64_t day = 0;
        while (day < options.guards && !outcome.failed)
            outcome = play_one (options.from + (uint64_t)day++, true);
        if (outcome.failed)
            printf ("%s  seen on day %lld: %s\n", guards[i], (long long)day, outcome.law);
        else
            printf ("%s  not seen in %lld days\n", guards[i], (long long)day);
        fflush (stdout);
        tally.passed += outcome.failed;
    }
    return tally;
}

static tally_t play_twice (void)
{
    tally_t tally = {0};
    for (uint64_t seed = options.from; seed < options.from + (uint64_t)options.twice; seed++) {
        outcome_t a = play_one (seed, true), b = play_one (seed, true);
        bool same = memcmp (&a.result, &b.result, sizeof a.result) == 0 && strcmp (a.law, b.law) == 0;
        printf ("%s seed %llu: %016llx %016llx\n", same ? "ok  " : "FAIL", (unsigned long long)seed,
                (unsigned long long)a.result.hash, (unsigned long long)b.result.hash);
        tally.passed += same;
        tally.failed += !same;
    }
    return tally;
}

/* --- what it needs -------------------------------------------------------------------------------------------------- */

static char secrets[] = "/tmp/simulate.XXXXXX";
static const char *const keys[] = {"hook", "callback"};
enum { KEYS = sizeof keys / sizeof *keys };

static void secrets_make (void)
{
    char path[64];
    if (!mkdtemp (secrets))
        exit (EXIT_USAGE);
    for (size_t i = 0; i < KEYS; i++) {
        snprintf (path, sizeof path, "%s/%s", secrets, keys[i]);
        FILE *file = fopen (path, "w");
        if (file) {
            fputs ("a signing key for tests", file);
            fclose (file);
        }
    }
    setenv ("SIMULATE_SECRETS", secrets, 1);
}

static void secrets_remove (void)
{
    char path[64];
    for (size_t i = 0; i < KEYS; i++) {
        snprintf (path, sizeof path, "%s/%s", secrets, keys[i]);
        unlink (path);
    }
    rmdir (secrets);
}

static void policies_read (void)
{
    for (int i = 0; i < POLICIES; i++) {
        char path[4096];
        size_t size = 0;
        snprintf (path, sizeof path, "%s/policy-%d.yaml", options.folder, i);
        FILE *file = fopen (path, "r");
        if (!file || getdelim (&policies[i], &size, 0, file) < 0) {
            fprintf (stderr, "simulate: %s can't be read\n", path);
            exit (EXIT_USAGE);
        }
        fclose (file);
    }
}

static bool take_number (const char *name, const char *value)
{
    const struct {
        const char *name;
        int64_t *target;
    } rows[] = {{"--seconds", &options.seconds},     {"--days", &options.days},   {"--jobs", &options.jobs},
                {"--guards", &options.guards},       {"--twice", &options.twice}, {"--from", (int64_t *)&options.from},
                {"--seed", (int64_t *)&options.seed}};
    for (size_t i = 0; value && i < sizeof rows / sizeof *rows; i++)
        if (strcmp (rows[i].name, name) == 0) {
            *rows[i].target = (int64_t)strtoull (value, NULL, 10);
            return true;
        }
    return false;
}

static void take_options (int argc, char **argv)
{
    options.program = argv[0];
    options.from = (uint64_t)time (NULL) * 1000 % 1000000000;
    for (int i = 1; i < argc; i++) {
        if (strcmp (argv[i], "--log") == 0)
            options.log = true;
        else if (strcmp (argv[i], "--without") == 0 && i + 1 < argc)
            options.without = argv[++i];
        else if (take_number (argv[i], i + 1 < argc ? argv[i + 1] : NULL))
            i++;
        else
            options.folder = argv[i];
    }
    if (options.folder && options.jobs >= 1 && options.jobs <= JOBS_MAX)
        return;
    fprintf (stderr, "usage: simulate [--seconds N] [--days N] [--jobs N] [--from SEED] [--seed SEED] [--log]\n"
                     "                [--without GUARD] [--guards DAYS] [--twice DAYS] FOLDER\n");
    exit (EXIT_USAGE);
}

int main (int argc, char **argv)
{
    take_options (argc, argv);
    policies_read ();
    secrets_make ();
    tally_t tally = {0};
    if (options.seed) {
        outcome_t outcome = play_one (options.seed, false);
        count (&tally, options.seed, &outcome);
        printf ("seed %llu: %llu contacts, %llu commits, %llu requests, %llu faults, hash %016llx\n",
                (unsigned long long)options.seed, (unsigned long long)outcome.result.contacts,
                (unsigned long long)outcome.result.commits, (unsigned long long)outcome.result.requests,
                (unsigned long long)outcome.result.faults, (unsigned long long)outcome.result.hash);
    } else
        tally = options.guards ? play_guards () : options.twice ? play_twice () : play_days ();
    secrets_remove ();
    for (int i = 0; i < POLICIES; i++)
        free (policies[i]);
    printf ("%d passed, %d failed\n", tally.passed, tally.failed);
    return tally.failed || !tally.passed ? EXIT_FAILED : 0;
}
