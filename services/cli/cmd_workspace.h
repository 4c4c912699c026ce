/* cmd_workspace.h - what the files of `buckstop workspace` share. */
#ifndef BUCKSTOP_CMD_WORKSPACE_H
#define BUCKSTOP_CMD_WORKSPACE_H

#include "cli_wait.h"
#include "keys.h"
#include "tokens.h"

enum { FAMILY_SIZE = 16 };

/* What its keys hold, as far as a person cares. */
typedef struct family_count {
    const char *family, *words;
    size_t n;
} family_count_t;
enum { F_CONTACTS, F_PEOPLE, F_CUSTOMERS, F_DELIVERIES, F_TIMELINES, F_VERSIONS, F_OTHER, FAMILIES };

typedef struct keys {
    char **items;
    size_t n, room;
} keys_t;

typedef struct workspace_command {
    cli_t *cli;
    const char *name;
    bool dry_run, yes;
    int shard;
    keys_t keys;
    family_count_t counts[FAMILIES];
    size_t open, dead, tokens;
    char (*token_ids)[TOKEN_ID_SIZE];
    bool away;
} workspace_command_t;

/* All of its keys into `keys` and `counts`. CLI_GO, or said, as all of these. */
int workspace_walk (workspace_command_t *self);
bool workspace_is_its (const workspace_command_t *self, const char *key, char family[FAMILY_SIZE]);
void workspace_keys_clear (keys_t *self);
int workspace_count_open (workspace_command_t *self);
/* Nothing stands in the way: it goes. The exit status. */
int workspace_take_away (workspace_command_t *self);
int workspace_refuse_open (const workspace_command_t *self);

#endif
