/* receipt.c - what a request is answered with once it is durable: kept beside its idempotency key as a packed
 * Receipt, shown as JSON. */
#include "receipt.h"

#include "words.h"
#include "xmalloc.h"

receipt_t receipt_of (const contact_t *contact, uint64_t version, disposition_t disposition)
{
    receipt_t self = {.disposition = disposition, .state = contact->state, .version = version};
    WORD_COPY (self.contact, contact->id);
    WORD_COPY (self.accountable, contact->accountable);
    for (size_t i = 0; i < contact->promises_n; i++) {
        const promise_t *promise = &contact->promises[i];
        if (promise->state == BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING)
            self.promises[self.promises_n++] =
                (struct receipt_promise){promise->kind, promise->due, promise->answered_at != 0};
    }
    return self;
}

void receipt_message (const receipt_t *self, receipt_message_fn *fn, void *arg)
{
    Buckstop__V1__PromiseDue rows[PROMISES_MAX], *pointers[PROMISES_MAX];
    for (size_t i = 0; i < self->promises_n; i++) {
        buckstop__v1__promise_due__init (&rows[i]);
        rows[i].kind = self->promises[i].kind;
        rows[i].due = self->promises[i].due;
        rows[i].answered = self->promises[i].answered;
        pointers[i] = &rows[i];
    }
    Buckstop__V1__Receipt message = BUCKSTOP__V1__RECEIPT__INIT;
    message.contact = (char *)self->contact;
    message.disposition = self->disposition;
    message.accountable = (char *)self->accountable;
    message.n_promises = self->promises_n;
    message.promises = pointers;
    message.state = self->state;
    message.version = self->version;
    message.no_way_back = self->no_way_back;
    fn (arg, &message);
}

typedef struct packed {
    uint8_t *bytes;
    size_t size;
} packed_t;

static void pack_message (void *arg, Buckstop__V1__Receipt *message)
{
    packed_t *packed = arg;
    packed->size = buckstop__v1__receipt__get_packed_size (message);
    packed->bytes = xmalloc (packed->size);
    buckstop__v1__receipt__pack (message, packed->bytes);
}

uint8_t *receipt_pack (const receipt_t *self, size_t *size)
{
    packed_t packed = {.bytes = NULL};
    receipt_message (self, pack_message, &packed);
    *size = packed.size;
    return packed.bytes;
}

int receipt_unpack (const void *bytes, size_t size, receipt_t *self)
{
    Buckstop__V1__Receipt *message = buckstop__v1__receipt__unpack (NULL, size, bytes);
    if (!message)
        return -1;
    *self = (receipt_t){.disposition = message->disposition,
                        .state = message->state,
                        .version = message->version,
                        .no_way_back = message->no_way_back};
    bool fits = word_fits (self->contact, sizeof self->contact, message->contact) &&
                word_fits (self->accountable, sizeof self->accountable, message->accountable) &&
                message->n_promises <= PROMISES_MAX;
    for (size_t i = 0; fits && i < message->n_promises; i++)
        self->promises[self->promises_n++] = (struct receipt_promise){
            message->promises[i]->kind, message->promises[i]->due, message->promises[i]->answered};
    buckstop__v1__receipt__free_unpacked (message, NULL);
    return fits ? 0 : -1;
}

const char *disposition_name (disposition_t disposition)
{
    static const char *const names[] = {"unspecified", "opened", "appended", "duplicate", "done"};
    return (size_t)disposition < sizeof names / sizeof *names ? names[disposition] : names[0];
}

/* It is taken all the same; NULL: there is none. */
static json_t *warnings (const receipt_t *self)
{
    if (!self->no_way_back)
        return NULL;
    return json_pack ("[{s:s, s:s}]", "code", "no-way-back", "detail",
                      NO_WAY_BACK "; say more to the same contact with 'return_to', and it has one");
}

json_t *receipt_json (const receipt_t *self)
{
    json_t *promises = json_array ();
    for (size_t i = 0; i < self->promises_n; i++)
        json_array_append_new (promises,
                               json_pack ("{s:s, s:o, s:o*}", "kind", promise_kind_name (self->promises[i].kind), "due",
                                          value_time (self->promises[i].due), "answered",
                                          self->promises[i].answered ? json_true () : NULL));
    return json_pack ("{s:o, s:s, s:o, s:o, s:s, s:o*}", "contact", value_text (self->contact), "disposition",
                      disposition_name (self->disposition), "accountable", value_text (self->accountable), "promises",
                      promises, "state", contact_state_name (self->state), "warnings", warnings (self));
}
