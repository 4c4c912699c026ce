/* policy_file.c - SIGHUP applies the policy file; --check looks at it before.
 *
 * Limits: the file is read on the loop: it is small, local, and read only when a person asks for it. */
#include "policy_file.h"

#include "log.h"
#include "policy_apply.h"
#include "xmalloc.h"

#include <errno.h>
#include <stdio.h>

enum { FILE_MAX = 4 * 1024 * 1024 };

typedef struct policy_file {
    service_t *service;
    const char *path;
} policy_file_t;

static void say_errors (const policy_file_t *self, const policy_errors_t *errors)
{
    for (size_t i = 0; i < errors->n; i++) {
        char place[64];
        snprintf (place, sizeof place, "%d:%d", errors->items[i].line, errors->items[i].column);
        log_fact (LOG_ERROR_, "", "policy is wrong", "file", self->path, "at", place, "what", errors->items[i].what,
                  "expected", errors->items[i].expected, NULL);
    }
}

static void applied (void *arg, const policy_applied_t *result)
{
    static const char *const words[] = {
        [POLICY_APPLIED] = "policy applied",       [POLICY_SAME] = "policy is in force already",
        [POLICY_BAD] = "policy is not applied",    [POLICY_CONFLICT] = "policy is not applied: another was, just now",
        [POLICY_BROKEN] = "policy is not applied", [POLICY_AWAY] = "policy is perhaps not applied: the store is away"};
    policy_file_t *self = arg;
    char version[16];
    snprintf (version, sizeof version, "%u", result->new_version);
    if (result->outcome == POLICY_BAD && result->errors)
        say_errors (self, result->errors);
    log_fact (result->outcome <= POLICY_SAME ? LOG_NOTICE_ : LOG_ERROR_, "", words[result->outcome], "file", self->path,
              "version", version, "why", result->why ? result->why : "", NULL);
    free (self);
}

/* malloc'd; NULL: errno says why. */
static char *read_file (const char *path, size_t *size)
{
    FILE *file = fopen (path, "re");
    if (!file)
        return NULL;
    char *text = xmalloc (FILE_MAX + 1);
    *size = fread (text, 1, FILE_MAX + 1, file);
    int why = ferror (file) ? errno : *size > FILE_MAX ? EFBIG : 0; /* EISDIR, for one */
    fclose (file);
    if (!why)
        return text;
    free (text);
    errno = why;
    return NULL;
}

bool policy_file_check (const char *path, char why[PARAM_WHY_SIZE])
{
    size_t size = 0;
    policy_errors_t errors = {0};
    char *text = read_file (path, &size);
    policy_t *policy = text ? policy_parse (text, size, &errors) : NULL;
    bool fine = policy != NULL;
    if (!text)
        snprintf (why, PARAM_WHY_SIZE, "can't read the file '%.200s': %s", path, strerror (errno));
    else if (!fine)
        snprintf (why, PARAM_WHY_SIZE, "%.150s:%d:%d: %s; 'buckstop policy check' shows all that is wrong", path,
                  errors.items[0].line, errors.items[0].column, errors.items[0].what);
    policy_errors_clear (&errors);
    policy_destroy (&policy);
    free (text);
    return fine;
}

static void hangup (void *arg)
{
    const policy_file_t *known = arg;
    size_t size = 0;
    char *text = read_file (known->path, &size);
    if (!text) {
        log_fact (LOG_ERROR_, "", "policy can't be read", "file", known->path, "why", strerror (errno), NULL);
        return;
    }
    policy_apply (known->service->store, known->service->loop, text, size, "SIGHUP", applied,
                  xmemdup (known, sizeof *known));
    free (text);
}

void policy_file_follow (service_t *service, const char *path)
{
    static policy_file_t followed; /* one process has one SIGHUP */
    followed = (policy_file_t){service, path};
    loop_on_hangup (service->loop, hangup, &followed);
}
