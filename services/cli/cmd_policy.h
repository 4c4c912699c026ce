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
    bool dry_run;
    const char *secrets; /* directory that is looked at; "" : none */
    char *text;
    size_t size;
    int status;
} policy_command_t;

typedef struct policy_word {
    const char *name;
    int words_min, words_max; /* itself counted */
    int (*run) (policy_command_t *self);
    const char *options; /* its own, divided by spaces */
    bool file;           /* its second word is a file that is read */
} policy_word_t;

/* The file `path` into `text`, with what it uses. CLI_GO, or said. */
int policy_command_read (policy_command_t *self);
/* Applies `text`, in a store that is open. The exit status; all is said. */
int policy_command_apply (policy_command_t *self);

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

int policy_history (policy_command_t *self);
int policy_diff (policy_command_t *self);
int policy_rollback (policy_command_t *self);

#endif
