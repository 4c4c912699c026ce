/* cmd_customer.h - what the commands about customers share: options, whom somebody means, their records. */
#ifndef BUCKSTOP_CMD_CUSTOMER_H
#define BUCKSTOP_CMD_CUSTOMER_H

#include "cli_wait.h"
#include "customer.h"
#include "workspaces.h"

typedef struct customer_command {
    cli_t *cli;
    const char *by, *reason, *format, *spool;
    bool yes, resolve, skip_bad, dry_run, drop;
    int64_t in_flight;
    bool unrecorded; /* customer_find: also somebody of whom there is no record, only contacts: version 0 */
    /* once the store is open */
    int shard;
    workspaces_t *workspaces;
    const policy_t *policy;
} customer_command_t;

/* The record that counts first, then those that were linked to it. */
enum { FAMILY_MAX = 1 + CUSTOMER_MERGED_MAX };
typedef struct family {
    customer_entry_t entries[FAMILY_MAX];
    size_t n;
    char given[ID_SIZE];                   /* the record that was meant, which may be a linked one */
    char added[ID_SIZE], removed[ID_SIZE]; /* what an identity derives that the first record has now, or has no more */
} family_t;

/* All return CLI_GO, or have said why not, and the exit status. */

/* WHO: an id, a mail address, a number, PLATFORM:HANDLE. */
int customer_find (customer_command_t *self, const char *who, family_t *family);
/* The identity that WHO is; false: it is an id, or nothing. */
bool customer_identity (const customer_command_t *self, const char *who, identity_t *identity);
/* One record by its id. found false: there is none. */
int customer_load (customer_command_t *self, const char *id, customer_entry_t *entry, bool *found);
/* Each record of the workspace; fn says whether to go on. */
typedef int (customer_each_fn) (void *arg, const customer_t *customer);
int customer_each (customer_command_t *self, customer_each_fn *fn, void *arg);
/* What a workspace's key family holds, page by page: keys and their values (strings only). pattern: of the key. */
typedef int (customer_key_fn) (void *arg, const char *key, const store_value_t *value);
int customer_walk (customer_command_t *self, const char *pattern, customer_key_fn *fn, void *arg);

customer_entry_t *family_entry (family_t *self, const char *id); /* NULL: none */
/* Those that changed, in one commit under one event. fact: for the stream; may be NULL. *refused: somebody was
 * faster. */
int family_commit (customer_command_t *self, family_t *family, event_id_t event, const fact_t *fact, bool *refused);
const char *customer_called (const customer_t *customer); /* the name, or an identity, or the id: for a sentence */

/* What the words behind `customer` do; words[0] is the command's own. */
typedef int (customer_fn) (customer_command_t *self);
customer_fn customer_show, customer_import_file, customer_link_two, customer_unlink_one, customer_proposals,
    customer_drop_proposal, customer_forget_one;

#endif
