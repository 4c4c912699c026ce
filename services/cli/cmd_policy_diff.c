/* cmd_policy_diff.c - buckstop policy diff: what applying a file would change, or what has changed between two versions.
 *
 * Hears: a file, and the versions that the store keeps. Says: the lines that differ, with those around them, as diff(1) does.
 */
#include "cmd_policy.h"

#include "line_diff.h"

#include <inttypes.h>
#include <unistd.h>

enum { CONTEXT = 3 };

static void print_step (const line_step_t *step, bool color)
{
    const char *begin = !color || step->kind == ' ' ? "" : step->kind == '+' ? "\x1b[32m" : "\x1b[31m";
    printf ("%s%c", begin, step->kind);
    cli_quote (stdout, step->line, step->size, SIZE_MAX);
    printf ("%s\n", *begin ? "\x1b[0m" : "");
}

/* Behind the last step that belongs to the hunk that begins with a change at `at`: changes that are near are one. */
static size_t hunk_end (const line_diff_t *diff, size_t at)
{
    size_t end = at;
    for (size_t i = at; i < diff->n && i <= end + 2 * CONTEXT; i++)
        end = diff->steps[i].kind == ' ' ? end : i;
    end += CONTEXT + 1;
    return end < diff->n ? end : diff->n;
}

static void print_hunk (const line_diff_t *diff, size_t from, size_t end, bool color)
{
    size_t olds = 0, news = 0;
    for (size_t i = from; i < end; i++) {
        olds += diff->steps[i].kind != '+';
        news += diff->steps[i].kind != '-';
    }
    printf ("@@ -%zu,%zu +%zu,%zu @@\n", diff->steps[from].old_line - !olds, olds, diff->steps[from].new_line - !news,
            news);
    for (size_t i = from; i < end; i++)
        print_step (&diff->steps[i], color);
}

static void print_diff (const char *old_name, const char *new_name, const line_diff_t *diff)
{
    bool color = isatty (STDOUT_FILENO) && !getenv ("NO_COLOR");
    printf ("--- %s\n+++ %s\n", old_name, new_name);
    for (size_t i = 0; i < diff->n; i++) {
        if (diff->steps[i].kind == ' ')
            continue;
        size_t end = hunk_end (diff, i);
        print_hunk (diff, i > CONTEXT ? i - CONTEXT : 0, end, color);
        i = end - 1;
    }
}

void policy_version_name (const policy_version_t *version, char name[DETAIL_SIZE])
{
    char at[CLI_TIME_SIZE];
    snprintf (name, DETAIL_SIZE, "version %" PRIu32 ", %s, by %s", version->record.policy_version,
              cli_time (version->record.applied_at, at),
              *version->record.applied_by ? version->record.applied_by : "-");
}

int policy_show_diff (const policy_command_t *self, const char *old_name, const char *old_text, const char *new_name,
                      const char *new_text)
{
    line_diff_t diff;
    line_diff (old_text, new_text, &diff);
    size_t added = diff.added, removed = diff.removed;
    if (self->cli->json) {
        json_t *answer = json_pack ("{s:s, s:s, s:I, s:I}", "old", old_name, "new", new_name, "added",
                                    (json_int_t)added, "removed", (json_int_t)removed);
        cli_print_json (answer);
        json_decref (answer);
    } else if (added || removed)
        print_diff (old_name, new_name, &diff);
    else
        printf ("no difference: %s, %s\n", old_name, new_name);
    line_diff_clear (&diff);
    return added || removed ? CLI_NO : CLI_FINE;
}

/* A file: what applying it would change. A version: what has changed since; two: from one to the other. */
static int diff_loaded (policy_command_t *self, const policy_version_t *first, const char *second)
{
    policy_version_t other = {.text = NULL};
    char old_name[DETAIL_SIZE], new_name[DETAIL_SIZE];
    policy_version_name (first, old_name);
    if (self->text)
        return policy_show_diff (self, old_name, first->text, self->path, self->text);
    int rc = policy_version_load (self, second, &other);
    if (rc == CLI_GO) {
        policy_version_name (&other, new_name);
        rc = policy_show_diff (self, old_name, first->text, new_name, other.text);
    }
    policy_version_clear (&other);
    return rc;
}

int policy_diff (policy_command_t *self)
{
    uint32_t number;
    const char *second = self->cli->words_n > 2 ? self->cli->words[2] : NULL;
    bool file = !policy_is_version (self->path, &number);
    policy_version_t first = {.text = NULL};
    if (file && second)
        return cli_fail (CLI_USAGE, "diff takes one file, or one or two versions");
    int rc = file ? policy_command_read (self) : CLI_GO;
    if (rc == CLI_GO)
        rc = policy_versions_open (self, false);
    if (rc != CLI_GO)
        return rc;
    rc = policy_version_load (self, file ? NULL : self->path, &first);
    if (rc == CLI_GO)
        rc = diff_loaded (self, &first, second);
    policy_version_clear (&first);
    cli_store_close (self->cli);
    return rc;
}
