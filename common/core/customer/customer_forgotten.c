/* customer_forgotten.c - contacts and what is told of them, without who it was and what was said.
 *
 * Hears: records and entries as they stand in the store. Says: the same, as they may stay there. */
#include "customer_forgotten.h"

#include "ids.h"
#include "scratch.h"
#include "words.h"
#include "xmalloc.h"

bool contact_forgettable (const contact_t *contact)
{
    bool ended = contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED ||
                 contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
    return ended && contact->promises_n == 0;
}

static bool take_out (char *text)
{
    bool was = *text != '\0';
    *text = '\0';
    return was;
}

bool contact_forget (contact_t *self, const char *customer_id)
{
    char *const texts[] = {self->customer,  self->customer_name,    self->subject, self->thread,
                           self->return_to, self->reply_to_message, self->said};
    bool changed = self->return_way != 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        changed |= take_out (texts[i]);
    self->return_way = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_UNSPECIFIED;
    if (!*self->customer_id && *customer_id) {
        WORD_COPY (self->customer_id, customer_id);
        changed = true;
    }
    return changed;
}

/* ---- entries */

static char nothing[] = "";

static bool is_forgotten (const Buckstop__V1__Fact *fact)
{
    return fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_FORGOTTEN;
}

/* What a newer writer says in fields that are not known here may say it, too. */
static bool drop_unknown (ProtobufCMessage *message)
{
    bool was = message->n_unknown_fields > 0;
    message->n_unknown_fields = 0;
    return was;
}

/* Who is concerned is a person or a team of ours, or somebody's address. */
static bool clear_fact (Buckstop__V1__Fact *fact)
{
    bool changed = drop_unknown (&fact->base);
    if (is_forgotten (fact))
        return changed;
    bool stranger = *fact->to && !name_valid (fact->to);
    changed |= *fact->text || *fact->detail || stranger;
    fact->text = fact->detail = nothing;
    if (stranger)
        fact->to = nothing;
    return changed;
}

static uint8_t *pack (const Buckstop__V1__Event *event, size_t *size)
{
    *size = buckstop__v1__event__get_packed_size (event);
    uint8_t *bytes = xmalloc (*size);
    buckstop__v1__event__pack (event, bytes);
    return bytes;
}

uint8_t *timeline_forget (const void *bytes, size_t size, size_t *forgotten_size, bool *changed)
{
    scratch_t scratch;
    scratch_open (&scratch);
    Buckstop__V1__Event empty = BUCKSTOP__V1__EVENT__INIT;
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (&scratch.allocator, size, bytes);
    *changed |= !event || *event->subject;
    if (event) {
        *changed |= drop_unknown (&event->base);
        event->subject = nothing;
    }
    for (size_t i = 0; event && i < event->n_facts; i++)
        *changed |= clear_fact (event->facts[i]);
    uint8_t *packed = pack (event ? event : &empty, forgotten_size);
    scratch_close (&scratch);
    return packed;
}

size_t timeline_files (const void *bytes, size_t size)
{
    scratch_t scratch;
    size_t files = 0;
    scratch_open (&scratch);
    const Buckstop__V1__Event *event = buckstop__v1__event__unpack (&scratch.allocator, size, bytes);
    for (size_t i = 0; event && i < event->n_facts; i++)
        files += event->facts[i]->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_ATTACHED && *event->facts[i]->text;
    scratch_close (&scratch);
    return files;
}

bool event_remembers (const void *bytes, size_t size, char contact[ID_SIZE])
{
    scratch_t scratch;
    scratch_open (&scratch);
    const Buckstop__V1__Event *event = buckstop__v1__event__unpack (&scratch.allocator, size, bytes);
    bool remembers = event && (*event->subject || event->base.n_unknown_fields);
    word_copy (contact, ID_SIZE, event ? event->contact : "");
    for (size_t i = 0; event && i < event->n_facts; i++) {
        const Buckstop__V1__Fact *fact = event->facts[i];
        remembers |= fact->base.n_unknown_fields > 0;
        remembers |= !is_forgotten (fact) && (*fact->text || *fact->detail || (*fact->to && !name_valid (fact->to)));
    }
    scratch_close (&scratch);
    return remembers;
}
