/* channel_show.c - what `buckstop channel test` has found in a payload, field by field. */
#include "cmd_channel.h"

#include "contact.h"

#include <string.h>

enum { SHOWN_MAX = 200 };

static void put (json_t *object, const char *name, const char *text)
{
    if (text && *text)
        json_object_set_new (object, name, json_string (text));
}

void channel_keep_message (void *arg, channel_message_t *message)
{
    channel_command_t *self = arg;
    json_t *row = json_object ();
    char at[CLI_TIME_SIZE];
    for (int i = 0; i < IN_FIELDS; i++)
        if (i != IN_TIME)
            put (row, in_field_names[i], message->field[i]);
    if (message->sent_at)
        put (row, "time", cli_time (message->sent_at, at));
    if (message->time_wrong)
        json_object_set_new (row, "time", json_sprintf ("%s (this is no time: it is left out)", message->time_wrong));
    if (message->call)
        put (row, "call", call_state_name ((call_state_t)message->call));
    for (size_t i = 0; i < message->references_n; i++) {
        if (i == 0)
            json_object_set_new (row, "references", json_array ());
        json_array_append_new (json_object_get (row, "references"), json_string (message->references[i]));
    }
    for (size_t i = 0; i < message->files_n; i++) {
        const in_file_t *file = &message->files[i];
        if (i == 0)
            json_object_set_new (row, "attachments", json_array ());
        json_array_append_new (json_object_get (row, "attachments"),
                               json_pack ("{s:s, s:s, s:I, s:s}", "name", file->name, "type", file->type, "size",
                                          (json_int_t)file->size, "note", file->note));
    }
    put (row, message->ignored ? "ignored" : "missing", message->ignored ? message->ignored : message->missing);
    if (message->missing)
        self->status = CLI_NO;
    json_array_append_new (message->ignored ? self->ignored : self->messages, row);
    channel_message_clear (message);
}

void channel_keep_receipt (void *arg, const channel_receipt_t *receipt)
{
    channel_command_t *self = arg;
    json_t *row = json_pack ("{s:s, s:s, s:s}", "id", receipt->id, "state", channel_receipt_name (receipt->state),
                             "word", receipt->word);
    char at[CLI_TIME_SIZE];
    put (row, "reason", receipt->reason);
    if (receipt->at)
        put (row, "time", cli_time (receipt->at, at));
    json_array_append_new (self->receipts, row);
}

/* ----------------------------------------------------------------- printing */

static void print_value (const char *name, const json_t *value)
{
    const char *text = json_string_value (value);
    char *dumped = text ? NULL : json_dumps (value, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *shown = text ? text : dumped ? dumped : "";
    size_t size = strlen (shown);
    printf ("  %-13s ", name);
    cli_quote (stdout, shown, size, SHOWN_MAX);
    if (size > SHOWN_MAX)
        printf (" ... (%zu bytes)", size);
    putchar ('\n');
    free (dumped);
}

static void print_rows (const json_t *rows, const char *title)
{
    size_t i;
    json_t *row, *value;
    const char *name;
    json_array_foreach (rows, i, row)
    {
        printf ("%s %zu\n", title, i + 1);
        json_object_foreach (row, name, value) print_value (name, value);
    }
}

int channel_finish (channel_command_t *self, const char *what, const char *verdict, const char *challenge)
{
    if (self->cli->json) {
        json_t *all = json_pack ("{s:s, s:s, s:O, s:O, s:O}", "channel", self->name, what, verdict, "messages",
                                 self->messages, "ignored", self->ignored, "receipts", self->receipts);
        put (all, "challenge", challenge);
        cli_print_json (all);
        json_decref (all);
        return self->status;
    }
    printf ("channel %s of %s\n%s: %s\n", self->name, self->path, what, verdict);
    if (challenge)
        printf ("a question at set-up; the answer is: %s\n", challenge);
    print_rows (self->messages, "message");
    print_rows (self->ignored, "ignored");
    print_rows (self->receipts, "receipt");
    return self->status;
}
