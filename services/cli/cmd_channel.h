/* cmd_channel.h - what the files of `buckstop channel` share. */
#ifndef BUCKSTOP_CMD_CHANNEL_H
#define BUCKSTOP_CMD_CHANNEL_H

#include "cli.h"

#include "channel_in.h"

enum { NAMED_MAX = 64 };

/* "Name: value", "name=value": as often as they are given. */
typedef struct named {
    const char *words[NAMED_MAX];
    size_t n;
    char separator;
} named_t;

typedef struct channel_command {
    cli_t *cli;
    const char *path, *name, *content_type, *method, *url, *secret, *at, *header, *query, *set;
    named_t headers, queries, sets;
    char *text;
    size_t size;
    policy_t *policy;
    const policy_channel_t *channel;
    char *secret_text; /* NULL: none is given */
    signature_secret_t key;
    json_t *messages, *ignored, *receipts; /* what was found */
    int status;
} channel_command_t;

/* ---- channel_show.c */

/* What is found is kept, until channel_finish prints it. */
void channel_keep_message (void *arg, channel_message_t *message);
void channel_keep_receipt (void *arg, const channel_receipt_t *receipt);
/* what: "signature", or "token" of a question. The exit status. */
int channel_finish (channel_command_t *self, const char *what, const char *verdict, const char *challenge);

#endif
