/* channel_in.c - the items of a payload, read by a channel's description.
 *
 * hears: a payload of unknown shape. says: messages whose strings fit their fields; what is ignored and by which rule;
 * what is missing, and where it was looked for; receipts of what was sent before.
 *
 * Limits: IN_ITEMS_MAX items. An id that is longer than its field is known by its hash. */
#include "channel_in_private.h"

#include "contact.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

const char *const in_field_names[IN_FIELDS] = {
    [IN_SENDER] = "sender", [IN_NAME] = "name",     [IN_SUBJECT] = "subject",       [IN_TEXT] = "text",
    [IN_FRESH] = "fresh",   [IN_THREAD] = "thread", [IN_MESSAGE_ID] = "message_id", [IN_LANGUAGE] = "language",
    [IN_TIER] = "tier",     [IN_TIME] = "time",     [IN_RETURN_TO] = "return_to",   [IN_CALL_PERSON] = "call_person",
    [IN_MAIL] = "mail",
};

const char *channel_receipt_name (enum in_receipt_state state)
{
    static const char *const names[] = {"unknown", "sent", "delivered", "read", "failed"};
    return names[state];
}

/* -------------------------------------------------------------- one message */

typedef struct reading {
    const policy_channel_t *channel;
    const channel_in_t *in;
    pick_scope_t *scope;
    channel_message_fn *fn;
    channel_receipt_fn *on_receipt;
    void *arg;
    channel_found_t found;
    channel_message_t *message; /* at hand */
    struct policy_arena *arena;
    GString *text;
} reading_t;

static const char *keep (const reading_t *self, const GString *text)
{
    return arena_copy (self->message->arena, text->str, text->len);
}

static const char *state_word (reading_t *self, const in_state_t *state, const in_word_t **row)
{
    *row = NULL;
    g_string_truncate (self->text, 0);
    if (!state->value.n || !picks_text (&state->value, self->scope, self->text))
        return NULL;
    for (size_t i = 0; i < state->words_n && !*row; i++)
        if (strcasecmp (state->words[i].word, self->text->str) == 0)
            *row = &state->words[i];
    return self->text->str;
}

static bool rule_holds (const in_rule_t *rule, pick_scope_t *scope, GString *text)
{
    bool turned = rule->unless.source != NULL;
    g_string_truncate (text, 0);
    bool there = pick_text (turned ? &rule->unless : &rule->when, scope, text), holds = there && rule->is_n == 0;
    for (size_t i = 0; i < rule->is_n && there && !holds; i++)
        holds = strcmp (rule->is[i], text->str) == 0;
    return holds != turned;
}

static const char *ignored_by (const channel_in_t *in, pick_scope_t *scope, GString *text)
{
    for (size_t i = 0; i < in->ignore_n; i++)
        if (rule_holds (&in->ignore[i], scope, text))
            return in->ignore[i].why;
    return NULL;
}

static void take_fields (reading_t *self)
{
    for (int field = 0; field < IN_FIELDS; field++) {
        g_string_truncate (self->text, 0);
        if (!picks_text (&self->in->fields[field], self->scope, self->text))
            continue;
        channel_shape (self->text, (enum in_field)field);
        self->message->field[field] = keep (self, self->text);
        if (field == IN_MAIL)
            self->message->mail_size = self->text->len;
    }
}

static void take_time (channel_message_t *message)
{
    const char *text = message->field[IN_TIME];
    message->sent_at = *text ? channel_time (text) : 0;
    message->time_wrong = *text && !message->sent_at ? text : NULL;
}

static void take_call (reading_t *self)
{
    const in_word_t *row;
    const char *word = state_word (self, &self->in->call, &row);
    if (!word)
        return;
    self->message->call_word = keep (self, self->text);
    self->message->call = row ? row->value : 0;
    if (!row && !self->message->ignored) {
        g_string_printf (self->text, "its call state '%.60s' is none of those that count", self->message->call_word);
        self->message->ignored = keep (self, self->text);
    }
}

/* Every word of every template, once. */
static void take_references (reading_t *self)
{
    channel_message_t *message = self->message;
    const char **list = arena_alloc (message->arena, IN_REFERENCES_MAX * sizeof *list);
    message->references = list;
    for (size_t i = 0; i < self->in->references.n; i++) {
        g_string_truncate (self->text, 0);
        if (!pick_text (&self->in->references.items[i], self->scope, self->text))
            continue;
        channel_clean (self->text, false);
        char **words = g_strsplit (self->text->str, " ", 4 * IN_REFERENCES_MAX);
        for (char **word = words; *word && message->references_n < IN_REFERENCES_MAX; word++)
            if (**word && strlen (*word) < ADDRESS_SIZE)
                list[message->references_n++] = arena_copy (message->arena, *word, strlen (*word));
        g_strfreev (words);
    }
}

/* Words for what came without any: its files, or what the line does. */
static void stand_in (reading_t *self)
{
    channel_message_t *message = self->message;
    if (*message->field[IN_TEXT] || (message->files_n == 0 && !message->call))
        return;
    g_string_assign (self->text, call_state_name ((call_state_t)message->call));
    for (size_t i = 0; i < message->files_n && !message->call; i++)
        g_string_append_printf (self->text, "%s%s", i ? ", " : "",
                                *message->files[i].name ? message->files[i].name : message->files[i].type);
    g_string_prepend_c (self->text, '(');
    g_string_append_c (self->text, ')');
    message->field[IN_TEXT] = keep (self, self->text);
}

/* What a contact can't do without, and where it was looked for. */
static void find_missing (reading_t *self)
{
    channel_message_t *message = self->message;
    static const enum in_field needed[] = {IN_SENDER, IN_TEXT};
    if (*message->field[IN_MAIL] || message->ignored)
        return;
    for (size_t i = 0; i < sizeof needed / sizeof *needed && !message->missing; i++) {
        const picks_t *picks = &self->in->fields[needed[i]];
        if (*message->field[needed[i]] || picks->n == 0)
            continue;
        g_string_printf (self->text, "%s: nothing at", in_field_names[needed[i]]);
        for (size_t k = 0; k < picks->n; k++)
            g_string_append_printf (self->text, "%s %.80s", k ? "," : "", picks->items[k].source);
        message->missing = keep (self, self->text);
    }
}

/* The messages of a payload share their memory: the last one frees it. */
static channel_message_t *message_new (const reading_t *self)
{
    channel_message_t *message = arena_alloc (self->arena, sizeof *message);
    arena_ref (self->arena);
    *message = (channel_message_t){.arena = self->arena, .call_word = ""};
    for (int i = 0; i < IN_FIELDS; i++)
        message->field[i] = "";
    return message;
}

void channel_message_clear (channel_message_t *self)
{
    struct policy_arena *arena = self ? self->arena : NULL;
    arena_destroy (&arena);
}

static bool take_item (void *arg, pick_scope_t *scope)
{
    reading_t *self = arg;
    if (self->found.messages + self->found.ignored == IN_ITEMS_MAX) {
        self->found.beyond++;
        return false;
    }
    channel_message_t *message = self->message = message_new (self);
    message->ignored = ignored_by (self->in, scope, self->text);
    take_fields (self);
    take_time (message);
    take_call (self);
    take_references (self);
    channel_files (self->in, scope, message);
    stand_in (self);
    find_missing (self);
    self->found.ignored += message->ignored != NULL;
    self->found.messages += message->ignored == NULL;
    self->fn (self->arg, message);
    return true;
}

/* ---------------------------------------------------------------- receipts */

/* A payload that is one thing: a receipt if its state is a word that we know, else a message. */
static bool is_either (const channel_in_t *in)
{
    return in->receipts.each.steps_n == 0 && in->each.n == 0;
}

static bool take_receipt (void *arg, pick_scope_t *scope)
{
    reading_t *self = arg;
    const in_receipts_t *how = &self->in->receipts;
    channel_receipt_t receipt = {.state = RECEIPT_UNKNOWN};
    const in_word_t *row;
    if (self->found.receipts == IN_ITEMS_MAX) {
        self->found.beyond++;
        return false;
    }
    if (!state_word (self, &how->state, &row) || (!row && is_either (self->in)))
        return true;
    WORD_COPY (receipt.word, self->text->str);
    receipt.state = row ? (enum in_receipt_state)row->value : RECEIPT_UNKNOWN;
    g_string_truncate (self->text, 0);
    bool whole = picks_text (&how->id, scope, self->text);
    channel_clean (self->text, false);
    if (!whole || !word_fits (receipt.id, sizeof receipt.id, self->text->str))
        return true;
    g_string_truncate (self->text, 0);
    picks_text (&how->reason, scope, self->text);
    channel_clean (self->text, false);
    WORD_COPY (receipt.reason, self->text->str);
    g_string_truncate (self->text, 0);
    picks_text (&how->time, scope, self->text);
    receipt.at = channel_time (self->text->str);
    self->found.receipts++;
    self->on_receipt (self->arg, &receipt);
    return true;
}

/* --------------------------------------------------------------------- all */

/* Without a path the payload is one. */
static void take_items (reading_t *self, pick_scope_t *scope)
{
    static const pick_path_t whole = {.from = PICK_ITEM};
    if (self->in->each.n == 0)
        pick_each (&whole, scope, take_item, self);
    for (size_t i = 0; i < self->in->each.n; i++)
        pick_each (&self->in->each.items[i], scope, take_item, self);
}

channel_found_t channel_find (const policy_channel_t *channel, pick_scope_t *scope, channel_message_fn *fn,
                              channel_receipt_fn *on_receipt, void *arg)
{
    reading_t self = {
        channel, channel->in, scope, fn, on_receipt, arg, .text = g_string_new (NULL), .arena = arena_new ()};
    if (self.in->receipts.is)
        pick_each (&self.in->receipts.each, scope, take_receipt, &self);
    if (!self.found.receipts || !is_either (self.in))
        take_items (&self, scope);
    if (!self.found.messages && !self.found.ignored && !self.found.receipts && self.in->each.n) {
        channel_message_t *message = self.message = message_new (&self);
        message->ignored = ignored_by (self.in, scope, self.text);
        self.found.ignored = message->ignored != NULL;
        if (message->ignored)
            fn (arg, message);
        else
            channel_message_clear (message);
    }
    g_string_free (self.text, TRUE);
    arena_destroy (&self.arena);
    return self.found;
}
