/* secrets_look.c - which secrets of a policy are missing.
 *
 * Told: a policy that came into force. Says: a line in the log for each file that can't be read.
 * Limits: files are read on the loop, as everywhere (secret_file.c). */
#include "secrets_look.h"

#include "ids.h"
#include "log.h"
#include "secret_file.h"
#include "words.h"

#include <sodium.h>
#include <string.h>

enum { SAID_MAX = 256 };

typedef struct look {
    const char *directory;
    unsigned readers;
    secrets_missing_fn *fn;
    void *arg;
    size_t n;
    struct {
        char name[NAME_SIZE];
        enum policy_reader reader;
    } said[SAID_MAX];
    size_t said_n;
} look_t;

static bool was_said (look_t *self, const policy_secret_t *secret)
{
    for (size_t i = 0; i < self->said_n; i++)
        if (self->said[i].reader == secret->reader && strcmp (self->said[i].name, secret->name) == 0)
            return true;
    if (self->said_n < SAID_MAX) {
        self->said[self->said_n].reader = secret->reader;
        WORD_COPY (self->said[self->said_n].name, secret->name);
        self->said_n++;
    }
    return false;
}

static void look_at (void *arg, const policy_secret_t *secret)
{
    look_t *self = arg;
    secret_t bytes = {.size = 0};
    char why[DETAIL_SIZE];
    if (!(self->readers & secret->reader) || !name_valid (secret->name) || was_said (self, secret))
        return;
    int error = secret_file_read (self->directory, secret->name, "", &bytes);
    sodium_memzero (&bytes, sizeof bytes);
    if (!error)
        return;
    secret_file_why ("secret", self->directory, secret->name, error, why);
    self->n++;
    self->fn (self->arg, secret, why);
}

size_t secrets_missing (const policy_t *policy, const char *directory, unsigned readers, secrets_missing_fn *fn,
                        void *arg)
{
    look_t self = {.directory = directory, .readers = readers, .fn = fn, .arg = arg};
    policy_secrets (policy, look_at, &self);
    return self.n;
}

static void say (void *arg, const policy_secret_t *secret, const char *why)
{
    const char *workspace = arg;
    log_fact (LOG_WARNING_, "", "a secret is missing: what needs it waits, or is refused, until it is there",
              "workspace", workspace, "for", secret->what, "why", why, NULL);
}

static void on_change (void *arg, const char *workspace, const policy_t *policy)
{
    const secrets_look_t *self = arg;
    if (policy)
        secrets_missing (policy, word_empty (self->directory) ? "" : self->directory, self->reader, say,
                         (void *)workspace);
}

void secrets_look_open (secrets_look_t *self, workspaces_t *workspaces)
{
    const char *workspace;
    for (size_t i = 0; (workspace = workspaces_name (workspaces, i)); i++)
        on_change (self, workspace, workspaces_policy (workspaces, workspace));
    workspaces_on_change (workspaces, on_change, self);
}
