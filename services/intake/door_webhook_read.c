/* door_webhook_read.c - what stands in a request: is it signed, which messages are in it, and its files into the spool.
 *
 * hears: a request with its secrets. says: a word for what it is, and all that was found. On the loop where that is quick,
 * else in a thread: nothing here touches the loop, the log or the store, and the policy is only read.
 *
 * Limits: those of channel_in.h; files as large as a mail's. They are on disk before any of its messages is submitted. */
#include "webhooks.h"

#include "identity.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

/* ------------------------------------------------------------- its payload */

static bool is_signed (webhook_t *self)
{
    char why[DETAIL_SIZE];
    self->verdict = signature_check (&self->in->verify, &self->scope, self->keys, self->keys_n, self->now, why);
    if (self->verdict == SIGNATURE_GOOD)
        return true;
    if (self->verdict != SIGNATURE_NO_SECRET) /* of that the words are there */
        WORD_COPY (self->problem, why);
    self->read = WEBHOOK_UNSIGNED;
    return false;
}

static bool read_payload (webhook_t *self, GPtrArray *files)
{
    bool get = strcmp (self->request.method, "GET") == 0;
    const char *type = get ? NULL : self->request.header (self->request.arg, "Content-Type");
    self->payload = channel_payload_read (self->in, type, self->request.body, self->request.size, files, &self->fault,
                                          self->problem);
    if (!self->payload) {
        self->read = WEBHOOK_WRONG;
        return false;
    }
    self->scope.trail[0] = self->payload;
    self->scope.trail_n = 1;
    self->scope.files = files;
    return true;
}

/* ------------------------------------------------------------- its items */

static void on_message (void *arg, channel_message_t *message)
{
    webhook_t *self = arg;
    if (self->messages_n == self->messages_room) {
        self->messages_room = self->messages_room ? 2 * self->messages_room : 4;
        self->messages = xrealloc (self->messages, self->messages_room * sizeof *self->messages);
    }
    self->messages[self->messages_n++] = message;
}

/* What became of something that we have sent. */
static void on_receipt (void *arg, const channel_receipt_t *receipt)
{
    webhook_t *self = arg;
    if (self->receipts_n == self->receipts_room) {
        self->receipts_room = self->receipts_room ? 2 * self->receipts_room : 4;
        self->receipts = xrealloc (self->receipts, self->receipts_room * sizeof *self->receipts);
    }
    self->receipts[self->receipts_n++] = *receipt;
}

/* ------------------------------------------------------------- its files */

static bool keep_file (webhook_t *self, const channel_message_t *message, const char *customer, in_file_t *file)
{
    char hash[SPOOL_HASH_SIZE] = "";
    if (!self->spool) {
        file->note = "not kept: no --spool";
        return true;
    }
    self->error = spool_keep (self->spool, self->workspace, customer, file->bytes, file->size, hash);
    if (self->error < 0)
        return false;
    file->hash = arena_copy (message->arena, hash, strlen (hash));
    return true;
}

/* Nothing of a file is held beyond this. */
static bool keep_files (webhook_t *self, channel_message_t *message)
{
    identity_t identity;
    char customer[ID_SIZE] = "nobody";
    if (message->files_n && identity_of (self->policy, self->channel->name, message->field[IN_SENDER], &identity))
        customer_id_of (&identity, customer);
    bool well = true;
    for (size_t i = 0; i < message->files_n; i++) {
        in_file_t *file = &message->files[i];
        if (file->bytes && well && !message->ignored && !message->missing && !*message->field[IN_MAIL])
            well = keep_file (self, message, customer, file);
        file->bytes = NULL;
    }
    return well;
}

static bool keep_all_files (webhook_t *self)
{
    bool well = true;
    for (size_t i = 0; i < self->messages_n; i++)
        well = keep_files (self, self->messages[i]) && well;
    return well;
}

/* --------------------------------------------------------------- its answer */

static void make_answer (webhook_t *self)
{
    const in_answer_t *answer = &self->in->answer;
    self->answer = g_string_new (NULL);
    if (answer->body.source)
        pick_text (&answer->body, &self->scope, self->answer);
}

/* -------------------------------------------------------------------- whole */

static webhook_read_t read_items (webhook_t *self)
{
    if (strcmp (self->request.method, "POST") == 0 && channel_challenged (self->in, &self->scope))
        return WEBHOOK_QUESTION;
    self->found = channel_find (self->channel, &self->scope, on_message, on_receipt, self);
    if (!keep_all_files (self))
        return WEBHOOK_UNKEPT;
    make_answer (self);
    return WEBHOOK_FOUND;
}

static void unref_bytes (void *bytes)
{
    g_bytes_unref (bytes);
}

void webhook_read (void *arg)
{
    webhook_t *self = arg;
    bool early = signature_before_payload (&self->in->verify);
    if (early && !is_signed (self))
        return;
    GPtrArray *files = g_ptr_array_new_with_free_func (unref_bytes);
    if (read_payload (self, files) && (early || is_signed (self)))
        self->read = read_items (self);
    self->scope.files = NULL;
    g_ptr_array_unref (files);
    if (self->read == WEBHOOK_QUESTION)
        return;
    pick_scope_clear (&self->scope); /* here: a large tree is as slow to give back as it is to read */
    self->scope.trail_n = 0;
    json_decref (self->payload);
    self->payload = NULL;
}
