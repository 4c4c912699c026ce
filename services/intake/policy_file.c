/* policy_file.c - SIGHUP applies the policy file; --check looks at it before.
 */
#include "policy_file.h"

#include "log.h"
#include "policy_apply.h"
#include "policy_read.h"
#include "xmalloc.h"

#include <stdio.h>

typedef struct policy_file {
    service_t *service;
    const char *path;
    char *text; /* while it is applied: owned */
    size_t size;
} policy_file_t;

static void say_errors (const policy_file_t *self, const policy_errors_t *errors)
{
    for (size_t i = 0; i < errors->n; i++) {
        char place[POLICY_PLACE_SIZE];
        policy_place_words (self->path, self->text, self->size, &errors->items[i], place);
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
    free (self->text);
    free (self);
}

bool policy_file_look (const char *path, FILE *out)
{
    size_t size = 0;
    policy_errors_t errors = {0}, missing = {0};
    char place[POLICY_PLACE_SIZE], why[PARAM_WHY_SIZE];
    char *text = policy_read_parts (path, &size, &missing, why);
    policy_t *policy = text ? policy_parse (text, size, &errors) : NULL;
    bool fine = policy != NULL;
    if (!text)
        fprintf (out, "%s\n", why);
    for (size_t i = 0; i < errors.n; i++) {
        const policy_error_t *error = policy_read_known (&missing, &errors.items[i]);
        fprintf (out, "%s: %s%s%s\n", policy_place_words (path, text, size, error, place), error->what,
                 *error->expected ? "; expected: " : "", error->expected);
    }
    policy_errors_clear (&errors);
    policy_errors_clear (&missing);
    policy_destroy (&policy);
    free (text);
    return fine;
}

static void hangup (void *arg)
{
    const policy_file_t *known = arg;
    char why[PARAM_WHY_SIZE];
    policy_file_t self = *known;
    if (!known->path || !*known->path) {
        log_fact (LOG_WARNING_, "", "SIGHUP: no policy file was given, nothing is applied", "hint",
                  "start with --policy FILE, or: buckstop policy apply FILE", NULL);
        return;
    }
    self.text = policy_read (known->path, &self.size, why);
    if (!self.text) {
        log_fact (LOG_ERROR_, "", "policy can't be read", "file", known->path, "why", why, NULL);
        return;
    }
    policy_apply (known->service->store, known->service->loop, self.text, self.size, "SIGHUP", applied,
                  xmemdup (&self, sizeof self));
}

void policy_file_follow (service_t *service, const char *path)
{
    static policy_file_t followed; /* one process has one SIGHUP */
    followed = (policy_file_t){.service = service, .path = path};
    loop_on_hangup (service->loop, hangup, &followed);
}
