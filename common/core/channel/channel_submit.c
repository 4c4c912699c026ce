/* channel_submit.c - a message of a platform as the Submit that every door makes. */
#include "channel_in.h"

#include "wire.h"
#include "xmalloc.h"

/* Who answers go to: whoever the payload names, else who wrote; if answers can go there at all. */
static const char *return_to (const policy_channel_t *channel, const channel_message_t *message)
{
    char why[DETAIL_SIZE];
    const char *to = message->field[IN_RETURN_TO];
    bool to_sender = channel->answer == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL ||
                     channel->answer == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CHANNEL;
    if (!*to && to_sender)
        to = message->field[IN_SENDER];
    return *to && wire_check_way_back (channel->answer, to, why) == WIRE_OK ? to : "";
}

static void take_files (channel_submit_t *self, const channel_message_t *message)
{
    size_t n = message->files_n;
    self->files = xcalloc (n, sizeof *self->files);
    self->files_p = xcalloc (n, sizeof (void *));
    for (size_t i = 0; i < n; i++) {
        buckstop__v1__attachment__init (&self->files[i]);
        self->files[i].name = (char *)message->files[i].name;
        self->files[i].type = (char *)message->files[i].type;
        self->files[i].note = (char *)message->files[i].note;
        self->files[i].size = message->files[i].size;
        self->files[i].hash = (char *)message->files[i].hash;
        self->files_p[i] = &self->files[i];
    }
    self->submit.attachments = self->files_p;
    self->submit.n_attachments = n;
}

void channel_submit_make (channel_submit_t *self, const policy_channel_t *channel, const channel_message_t *message)
{
    *self = (channel_submit_t){.files = NULL};
    Buckstop__V1__Submit *submit = &self->submit;
    buckstop__v1__submit__init (submit);
    const struct {
        char **to;
        enum in_field field;
    } rows[] = {{&submit->customer, IN_SENDER},
                {&submit->customer_name, IN_NAME},
                {&submit->subject, IN_SUBJECT},
                {&submit->text, IN_TEXT},
                {&submit->fresh, IN_FRESH},
                {&submit->thread, IN_THREAD},
                {&submit->message_id, IN_MESSAGE_ID},
                {&submit->language, IN_LANGUAGE},
                {&submit->tier, IN_TIER},
                {&submit->call_person, IN_CALL_PERSON}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        *rows[i].to = (char *)message->field[rows[i].field];
    submit->channel = (char *)channel->name;
    submit->return_to = (char *)return_to (channel, message);
    submit->call = (Buckstop__V1__CallState)message->call;
    submit->sent_at = message->sent_at;
    take_files (self, message);
    self->references = xcalloc (message->references_n, sizeof (char *));
    for (size_t i = 0; i < message->references_n; i++)
        self->references[i] = (char *)message->references[i];
    submit->references = self->references;
    submit->n_references = message->references_n;
}

void channel_submit_clear (channel_submit_t *self)
{
    free (self->files);
    free (self->files_p);
    free (self->references);
    *self = (channel_submit_t){.files = NULL};
}
