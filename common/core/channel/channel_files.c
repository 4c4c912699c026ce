/* channel_files.c - the files of a message: listed, and those that came within the request with their bytes.
 *
 * hears: an item, and how the description finds its files. says: names, types and sizes that fit; bytes of parts of a
 * form, or decoded from a text in base64.
 *
 * Limits: ATTACHMENTS_MAX files, the sizes of mail_limits_default. */
#include "channel_in_private.h"

#include "mail_in.h"

#include <string.h>

typedef struct files {
    const in_attachments_t *how;
    pick_scope_t *scope;
    channel_message_t *message;
    size_t room; /* bytes of all that are kept */
    GString *text;
} files_t;

bool channel_has_files (const channel_in_t *self)
{
    return self->content & IN_MULTIPART || self->fields[IN_MAIL].n || self->attachments.content.n;
}

static const char *word (files_t *self, const picks_t *picks, size_t size)
{
    g_string_truncate (self->text, 0);
    if (!picks->n || !picks_text (picks, self->scope, self->text))
        return "";
    channel_clean (self->text, false);
    channel_cut (self->text, size);
    return arena_copy (self->message->arena, self->text->str, self->text->len);
}

/* Of a multipart form: the item says which of its files it is. */
static void take_part (files_t *self, in_file_t *file)
{
    const pick_scope_t *scope = self->scope;
    const json_t *at = scope->trail_n ? json_object_get (scope->trail[scope->trail_n - 1], "@bytes") : NULL;
    json_int_t index = json_is_integer (at) ? json_integer_value (at) : -1;
    if (!scope->files || index < 0 || index >= (json_int_t)scope->files->len)
        return;
    gsize size = 0;
    const void *bytes = g_bytes_get_data (scope->files->pdata[index], &size);
    file->bytes = bytes ? bytes : "";
    file->size = size;
}

static void take_base64 (files_t *self, in_file_t *file)
{
    gsize size = 0;
    g_string_truncate (self->text, 0);
    if (file->bytes || !self->how->content.n || !picks_text (&self->how->content, self->scope, self->text))
        return;
    if (self->text->len > 1)
        g_base64_decode_inplace (self->text->str, &size);
    file->size = size;
    if (size == 0)
        file->note = "not kept: what is to be its content is no base64";
    else if (size <= mail_limits_default.one_file && size <= self->room)
        file->bytes = arena_copy (self->message->arena, self->text->str, size);
    else
        file->note = "not kept: too large";
}

static void bound (files_t *self, in_file_t *file)
{
    if (file->bytes && (file->size > mail_limits_default.one_file || file->size > self->room)) {
        file->bytes = NULL;
        file->note = "not kept: too large";
    }
    self->room -= file->bytes ? file->size : 0;
    if (file->bytes)
        file->note = "";
}

static bool take_file (void *arg, pick_scope_t *scope)
{
    files_t *self = arg;
    (void)scope;
    if (self->message->files_n == ATTACHMENTS_MAX)
        return false;
    in_file_t *file = &self->message->files[self->message->files_n++];
    file->name = word (self, &self->how->name, ATTACHMENT_NAME_SIZE);
    file->type = word (self, &self->how->type, ATTACHMENT_TYPE_SIZE);
    file->size = strtoull (word (self, &self->how->size, NAME_SIZE), NULL, 10);
    file->note = "not kept: the channel's platform has it";
    file->hash = "";
    take_part (self, file);
    take_base64 (self, file);
    bound (self, file);
    return true;
}

void channel_files (const channel_in_t *in, pick_scope_t *scope, channel_message_t *message)
{
    files_t self = {&in->attachments, scope, message, mail_limits_default.all_files, NULL};
    if (!in->attachments.each.n)
        return;
    self.text = g_string_new (NULL);
    message->files = arena_alloc (message->arena, ATTACHMENTS_MAX * sizeof *message->files);
    for (size_t i = 0; i < in->attachments.each.n; i++)
        pick_each (&in->attachments.each.items[i], scope, take_file, &self);
    g_string_free (self.text, TRUE);
}
