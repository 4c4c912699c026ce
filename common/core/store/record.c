/* record.c - the head of a record, and the codecs of the small records (person, delivery, workspace).
 * Limits: strings that do not fit their field make a record broken, never cut. */
#include "record_private.h"

#include "ids.h"
#include "keys.h"

#include <string.h>

enum { HEAD_WORD_AT = 12 }; /* the epoch, or the body's hash */

static void put_be (uint8_t *to, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, value >>= 8)
        to[i] = (uint8_t)value;
}

static uint64_t get_be (const uint8_t *from, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

/* Whose head has room for their body's hash: a person's holds the epoch. A workspace's has none: earlier workers keep a
 * former policy under the head that they read, its link key taken out; a hash that is copied along would not fit. */
static bool is_hashed (char kind)
{
    return kind == KIND_CONTACT || kind == KIND_DELIVERY || kind == KIND_CUSTOMER;
}

/* 0 says that nobody wrote one. */
static uint32_t body_hash (const uint8_t *body, size_t size)
{
    uint32_t hash = bytes_hash (body, size);
    return hash ? hash : 1;
}

/* Of a record whose head was read: neither cut nor changed since it was written. */
static bool is_whole (const void *bytes, char kind, const uint8_t *body, size_t size)
{
    uint64_t hash = is_hashed (kind) ? get_be ((const uint8_t *)bytes + HEAD_WORD_AT, 4) : 0;
    return hash == 0 || hash == body_hash (body, size);
}

/* Else what overwrote a record would count as one that newer workers take care of. */
static bool is_newer (const uint8_t *at, size_t size, char kind)
{
    return at[0] > RECORD_SCHEMA_NOW && at[0] <= RECORD_SCHEMA_LAST && at[1] >= '0' && at[2] <= EVENT_IDS_KEPT &&
           at[3] == (uint8_t)kind && size >= RECORD_HEAD_SIZE + (size_t)at[2] * EVENT_ID_SIZE;
}

record_fault_t record_head_read (const void *bytes, size_t size, char kind, record_head_t *head, const uint8_t **body,
                                 size_t *body_size)
{
    const uint8_t *at = bytes;
    memset (head, 0, sizeof (*head));
    if (!at || size < RECORD_HEAD_SIZE)
        return RECORD_BROKEN;
    head->schema = (char)at[0];
    if (is_newer (at, size, kind))
        return RECORD_NEWER;
    if (head->schema < RECORD_SCHEMA || head->schema > RECORD_SCHEMA_NOW || at[1] < '0' || at[2] > EVENT_IDS_KEPT)
        return RECORD_BROKEN;
    head->attempts = (unsigned)(at[1] - '0');
    head->ids_n = at[2];
    head->kind = (char)at[3];
    if (head->kind != kind)
        return RECORD_WRONG_KIND;
    head->version = get_be (at + 4, 8);
    head->epoch = is_hashed (kind) ? 0 : (uint32_t)get_be (at + HEAD_WORD_AT, 4);
    size_t ids_size = head->ids_n * EVENT_ID_SIZE;
    if (size < RECORD_HEAD_SIZE + ids_size)
        return RECORD_BROKEN;
    memcpy (head->ids, at + RECORD_HEAD_SIZE, ids_size);
    *body = at + RECORD_HEAD_SIZE + ids_size;
    *body_size = size - RECORD_HEAD_SIZE - ids_size;
    return RECORD_OK;
}

record_head_t record_head_next (const record_head_t *head, char kind, event_id_t id, uint32_t epoch)
{
    record_head_t next = *head;
    next.schema = RECORD_SCHEMA;
    next.attempts = 0;
    next.kind = kind;
    next.version++;
    next.epoch = epoch;
    if (next.ids_n == EVENT_IDS_KEPT) {
        memmove (next.ids, next.ids + 1, sizeof (next.ids[0]) * (EVENT_IDS_KEPT - 1));
        next.ids_n--;
    }
    next.ids[next.ids_n++] = id;
    return next;
}

bool record_has_event (const record_head_t *head, event_id_t id)
{
    for (size_t i = 0; i < head->ids_n; i++)
        if (memcmp (head->ids[i].bytes, id.bytes, EVENT_ID_SIZE) == 0)
            return true;
    return false;
}

void record_forget_attempts (uint8_t *bytes, size_t size)
{
    if (size >= RECORD_HEAD_SIZE)
        bytes[1] = '0';
}

void record_count_attempt (uint8_t *bytes, size_t size)
{
    if (size >= RECORD_HEAD_SIZE)
        bytes[1]++;
}

uint8_t *record_pack_b (const record_head_t *head, const ProtobufCMessage *message, size_t *size)
{
    uint8_t *bytes = record_pack (head, message, size);
    bytes[0] = RECORD_SCHEMA_B;
    return bytes;
}

uint8_t *record_pack (const record_head_t *head, const ProtobufCMessage *message, size_t *size)
{
    size_t ids_size = head->ids_n * EVENT_ID_SIZE, body_size = protobuf_c_message_get_packed_size (message);
    *size = RECORD_HEAD_SIZE + ids_size + body_size;
    uint8_t *bytes = xmalloc (*size), *body = bytes + RECORD_HEAD_SIZE + ids_size;
    bytes[0] = (uint8_t)head->schema;
    bytes[1] = (uint8_t)('0' + head->attempts);
    bytes[2] = (uint8_t)head->ids_n;
    bytes[3] = (uint8_t)head->kind;
    put_be (bytes + 4, head->version, 8);
    memcpy (bytes + RECORD_HEAD_SIZE, head->ids, ids_size);
    protobuf_c_message_pack (message, body);
    put_be (bytes + HEAD_WORD_AT, is_hashed (head->kind) ? body_hash (body, body_size) : head->epoch, 4);
    return bytes;
}

ProtobufCMessage *record_unpack (const void *bytes, size_t size, char kind, const ProtobufCMessageDescriptor *type,
                                 scratch_t *scratch, record_head_t *head, record_fault_t *fault)
{
    const uint8_t *body = NULL;
    size_t body_size = 0;
    *fault = record_head_read (bytes, size, kind, head, &body, &body_size);
    if (*fault == RECORD_OK && !is_whole (bytes, kind, body, body_size))
        *fault = RECORD_BROKEN;
    if (*fault != RECORD_OK)
        return NULL;
    scratch_open (scratch);
    ProtobufCMessage *message = protobuf_c_message_unpack (type, &scratch->allocator, body_size, body);
    if (!message) {
        *fault = RECORD_BROKEN;
        scratch_close (scratch);
    }
    return message;
}

#define PERSON_TEXTS(X)  X (name) X (workspace) X (display)
#define PERSON_VALUES(X) X (epoch) X (present) X (present_until) X (drained_epoch) X (leaving)

uint8_t *person_pack (const person_t *self, const record_head_t *head, size_t *size)
{
    Buckstop__V1__Person message = BUCKSTOP__V1__PERSON__INIT;
    PERSON_TEXTS (PACK_TEXT)
    PERSON_VALUES (PACK_VALUE)
    return record_pack (head, &message.base, size);
}

record_fault_t person_unpack (const void *bytes, size_t size, record_head_t *head, person_t *self)
{
    record_fault_t fault;
    scratch_t scratch;
    memset (self, 0, sizeof (*self));
    Buckstop__V1__Person *message = (Buckstop__V1__Person *)record_unpack (
        bytes, size, KIND_PERSON, &buckstop__v1__person__descriptor, &scratch, head, &fault);
    if (!message)
        return fault;
    bool whole = true;
    PERSON_TEXTS (UNPACK_TEXT)
    PERSON_VALUES (UNPACK_VALUE)
    self->version = head->version;
    scratch_close (&scratch);
    return whole ? RECORD_OK : RECORD_BROKEN;
}

/* clang-format off */
#define DELIVERY_TEXTS(X) \
    X (id) X (workspace) X (contact) X (person) X (address) X (secret) X (last_error) X (in_reply_to) X (trace) \
    X (channel) X (next) X (thread) X (released) X (dropped) X (first_mail)
#define DELIVERY_VALUES(X) \
    X (purpose) X (way) X (created_at) X (due) X (attempts) X (urgent) X (dead) X (promise) X (way_index) \
    X (held_until) X (acknowledged_until) X (holds) X (held_since) X (ended) X (own_id) X (unsaid) X (on_hold) \
    X (delay_ms) X (says_by)
#define LINE_TEXTS(X)  X (delivery) X (contact) X (customer)
#define LINE_VALUES(X) X (purpose) X (promise) X (created_at) X (acknowledged_until) X (urgent) X (delay_ms) \
    X (way) X (more) X (says_by)
/* clang-format on */

static void line_pack (const bundle_line_t *self, Buckstop__V1__BundleLine *to)
{
    Buckstop__V1__BundleLine message = BUCKSTOP__V1__BUNDLE_LINE__INIT;
    LINE_TEXTS (PACK_TEXT)
    LINE_VALUES (PACK_VALUE)
    message.subject = self->subject;
    *to = message;
}

static bool lines_unpack (delivery_t *delivery, const Buckstop__V1__Delivery *from)
{
    bool whole = from->n_lines <= BUNDLE_MAX;
    if (!whole || !from->n_lines)
        return whole;
    delivery->lines = xcalloc (from->n_lines, sizeof *delivery->lines);
    delivery->lines_n = from->n_lines;
    for (size_t i = 0; i < from->n_lines; i++) {
        const Buckstop__V1__BundleLine *message = from->lines[i];
        bundle_line_t *self = &delivery->lines[i];
        LINE_TEXTS (UNPACK_TEXT)
        LINE_VALUES (UNPACK_VALUE)
        self->subject = xstrdup (message->subject);
    }
    return whole;
}

/* Of ways and purposes that schema 'A' does not have. */
static bool is_of_b (const delivery_t *self)
{
    return self->way > BUCKSTOP__V1__WAY_KIND__WAY_KIND_SLACK ||
           self->purpose > BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_BUNDLE;
}

uint8_t *delivery_pack (const delivery_t *self, const record_head_t *head, size_t *size)
{
    Buckstop__V1__Delivery message = BUCKSTOP__V1__DELIVERY__INIT;
    DELIVERY_TEXTS (PACK_TEXT)
    DELIVERY_VALUES (PACK_VALUE)
    message.subject = self->subject;
    message.body = self->body;
    Buckstop__V1__BundleLine lines[BUNDLE_MAX], *list[BUNDLE_MAX];
    message.lines = list;
    for (; message.n_lines < self->lines_n && message.n_lines < BUNDLE_MAX; message.n_lines++) {
        line_pack (&self->lines[message.n_lines], &lines[message.n_lines]);
        list[message.n_lines] = &lines[message.n_lines];
    }
    uint8_t *bytes = (is_of_b (self) ? record_pack_b : record_pack) (head, &message.base, size);
    if (*self->dropped)
        bytes[0] = RECORD_SCHEMA_NOW;
    return bytes;
}

record_fault_t delivery_unpack (const void *bytes, size_t size, record_head_t *head, delivery_t *self)
{
    record_fault_t fault;
    scratch_t scratch;
    memset (self, 0, sizeof (*self));
    Buckstop__V1__Delivery *message = (Buckstop__V1__Delivery *)record_unpack (
        bytes, size, KIND_DELIVERY, &buckstop__v1__delivery__descriptor, &scratch, head, &fault);
    if (!message)
        return fault;
    bool whole = true;
    DELIVERY_TEXTS (UNPACK_TEXT)
    DELIVERY_VALUES (UNPACK_VALUE)
    whole &= lines_unpack (self, message);
    self->version = head->version;
    self->subject = xstrdup (message->subject);
    self->body = xstrdup (message->body);
    if (!whole)
        delivery_clear (self);
    scratch_close (&scratch);
    return whole ? RECORD_OK : RECORD_BROKEN;
}

uint8_t *workspace_pack (const workspace_record_t *self, const char *text, const record_head_t *head, size_t *size)
{
    Buckstop__V1__Workspace message = BUCKSTOP__V1__WORKSPACE__INIT;
    message.name = (char *)self->name;
    message.policy_version = self->policy_version;
    message.policy = (char *)text;
    message.link_key.data = (uint8_t *)self->link_key;
    message.link_key.len = sizeof (self->link_key);
    message.applied_by = (char *)self->applied_by;
    message.applied_at = self->applied_at;
    return record_pack (head, &message.base, size);
}

record_fault_t workspace_unpack (const void *bytes, size_t size, record_head_t *head, workspace_record_t *self,
                                 char **text)
{
    record_fault_t fault;
    scratch_t scratch;
    *text = NULL;
    memset (self, 0, sizeof (*self));
    Buckstop__V1__Workspace *message = (Buckstop__V1__Workspace *)record_unpack (
        bytes, size, KIND_WORKSPACE, &buckstop__v1__workspace__descriptor, &scratch, head, &fault);
    if (!message)
        return fault;
    bool whole = message->link_key.len == sizeof (self->link_key);
    UNPACK_TEXT (name)
    UNPACK_TEXT (applied_by)
    UNPACK_VALUE (policy_version)
    UNPACK_VALUE (applied_at)
    if (whole) {
        memcpy (self->link_key, message->link_key.data, sizeof (self->link_key));
        *text = xstrdup (message->policy);
    }
    scratch_close (&scratch);
    return whole ? RECORD_OK : RECORD_BROKEN;
}
