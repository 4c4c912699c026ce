/* cmd_held.h - what the rooms of `buckstop held` share: what is in the outbox of a workspace whose sending is held. */
#ifndef BUCKSTOP_CMD_HELD_H
#define BUCKSTOP_CMD_HELD_H

#include "cli_wait.h"
#include "commands.h"
#include "delivery.h"
#include "hold.h"
#include "notification.h"
#include "record.h"

typedef enum held_filter { HELD_PERSON, HELD_WAY, HELD_PURPOSE, HELD_CHANNEL, HELD_FILTERS } held_filter_t;

typedef struct held_command {
    cli_t *cli;
    const char *by, *reason;
    const char *contact, *person, *way, *purpose, *channel, *before; /* filters; NULL: any */
    bool customers, all, sent, dry_run;
    wall_ms_t before_at;
    int shard;
    bool is_held;
    hold_t hold;
    char hold_text[HOLD_SIZE];
    size_t hold_size;
    json_t *there[HELD_FILTERS]; /* the names that notices in the outbox have: members of an object; NULL: none is */
} held_command_t;

/* One that is wanted, as it stands in the outbox. Return CLI_GO to go on. */
typedef struct held_row {
    delivery_t delivery;
    record_head_t head;
    const store_value_t *contact; /* its record; bytes NULL: it is gone */
} held_row_t;
typedef int (held_fn) (void *arg, held_row_t *row);

/* cmd_held.c: every delivery that is named by the words from 1 on, or fits the filters. CLI_GO, or said, and the status. */
int held_each (held_command_t *self, held_fn *fn, void *arg);
int held_read_hold (held_command_t *self);
/* cmd_held_there.c: each notice that waits, of those that are looked at; then, of each filter whose name none has, a word. */
void held_there_add (held_command_t *self, const delivery_t *delivery);
void held_there_say (const held_command_t *self);
void held_there_clear (held_command_t *self);
/* cmd_held_write.c: the commands that change something. CLI_FINE, or said. */
int held_begin (held_command_t *self);
int held_end (held_command_t *self);
int held_release (held_command_t *self);
int held_drop (held_command_t *self);

#endif
