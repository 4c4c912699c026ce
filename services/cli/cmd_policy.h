/* cmd_policy.h - what the files of `buckstop policy` share. */
#ifndef BUCKSTOP_CMD_POLICY_H
#define BUCKSTOP_CMD_POLICY_H

#include "cli.h"
#include "keys.h"
#include "policy_apply.h"
#include "record.h"

typedef struct policy_command {
    cli_t *cli;
    const char *path; /* the second word: a file, or a version; NULL: none */
    const char *by;
    bool dry_run, yes;
    const char *secrets; /* directory that is looked at; "" : none */
    char *text;
    size_t size;
    policy_errors_t missing; /* files that it uses and that can't be read; the text is without them */
    int status;
} policy_command_t;

typedef struct policy_word {
    const char *name;
    int words_min, words_max; /* itself counted */
    int (*run) (policy_command_t *self);
    const char *options; /* its own, divided by spaces */
    bool file;           /* its second word is a file that is judged: what it lacks is an error of it */
} policy_word_t;

/* The file `path` into `text`, with what it uses. CLI_GO, or said. */
int policy_command_read (policy_command_t *self);
/* Applies `text`, in a store that is open. The exit status; all is said. */
int policy_command_apply (policy_command_t *self);

/* ---- cmd_policy_others.c */

/* Warns of what `text` claims and another workspace of the store, which is open, claims, too. CLI_GO; CLI_NO: the other's
 * mail would stop, and nobody said --yes; CLI_UNREACHABLE: the store is away, or it was interrupted. */
int policy_look_at_others (policy_command_t *self);

/* ---- cmd_policy_versions.c */

typedef struct policy_version {
    workspace_record_t record;
    char *text; /* malloc'd */
} policy_version_t;

/* The store, and which workspace. CLI_GO, or said, and nothing is open. */
int policy_versions_open (policy_command_t *self, bool to_write);
/* given NULL: the one in force. CLI_GO, or said. */
int policy_version_load (policy_command_t *self, const char *given, policy_version_t *version);
void policy_version_clear (policy_version_t *version);
/* A number that is no file's name, too: "7". */
bool policy_is_version (const char *given, uint32_t *version);

int policy_history (policy_command_t *self);
int policy_rollback (policy_command_t *self);

/* ---- cmd_policy_diff.c */

int policy_diff (policy_command_t *self);
void policy_version_name (const policy_version_t *version, char name[DETAIL_SIZE]);
/* CLI_FINE: they are the same; CLI_NO: they differ, as of diff(1). */
int policy_show_diff (const policy_command_t *self, const char *old_name, const char *old_text, const char *new_name,
                      const char *new_text);

#endif
