/* once.c - a request that is sent twice is done once.
 *
 * The body's hash is taken over the message as protobuf, so a retry counts as the same however it is spelled or
 * whichever door it comes by. A key counts within its holder: two channels that number from 1 do not meet.
 *
 * Limits: kept for ONCE_KEPT_MS, a signed link for as long as it works; afterwards only the record's own last events are remembered. */
#include "once.h"

#include "xmalloc.h"

enum { HASH_LENGTH = HASH_HEX_SIZE - 1 };

static void hash_body (const ProtobufCMessage *body, char hex[HASH_HEX_SIZE])
{
    size_t size = protobuf_c_message_get_packed_size (body);
    uint8_t *bytes = xmalloc (size);
    protobuf_c_message_pack (body, bytes);
    hash_hex (bytes, size, hex);
    free (bytes);
}

void once_set (once_t *self, const once_scope_t *scope, const char *key, const char *channel, const char *message_id,
               const ProtobufCMessage *body, const uint8_t random[EVENT_ID_SIZE])
{
    char hash[HASH_HEX_SIZE];
    *self = (once_t){.kept_ms = ONCE_KEPT_MS};
    memcpy (self->event.bytes, random, EVENT_ID_SIZE);
    if (*key) {
        self->event = event_id_of ("key", scope->workspace, scope->scope, scope->holder, key, NULL);
        event_id_hex (self->event, hash); /* a hash already */
        key_idempotency (self->key, scope->shard, scope->workspace, hash);
        hash_body (body, self->body);
    }
    if (*message_id) {
        event_id_hex (event_id_of ("message", scope->workspace, channel, message_id, NULL), hash);
        key_idempotency (self->message, scope->shard, scope->workspace, hash);
    }
}

static size_t write_one (const once_t *self, commit_t *commit, const char *key, const void *bytes, size_t size)
{
    size_t op = commit_size (commit);
    commit_expect_free (commit, key);
    commit_put (commit, key, bytes, size, self->kept_ms);
    return op;
}

void once_write (once_t *self, commit_t *commit, const receipt_t *receipt)
{
    self->key_op = self->message_op = SIZE_MAX;
    if (!*self->key && !*self->message)
        return;
    size_t packed_size;
    uint8_t *packed = receipt_pack (receipt, &packed_size);
    size_t size = HASH_LENGTH + packed_size;
    uint8_t *bytes = xmalloc (size);
    memset (bytes, '-', HASH_LENGTH);
    memcpy (bytes, self->body, strlen (self->body));
    memcpy (bytes + HASH_LENGTH, packed, packed_size);
    if (*self->key)
        self->key_op = write_one (self, commit, self->key, bytes, size);
    if (*self->message)
        self->message_op = write_one (self, commit, self->message, bytes, size);
    free (bytes);
    free (packed);
}

static int read_receipt (const void *bytes, size_t size, receipt_t *receipt)
{
    if (!bytes || size < HASH_LENGTH)
        return -1;
    return receipt_unpack ((const char *)bytes + HASH_LENGTH, size - HASH_LENGTH, receipt);
}

once_found_t once_stored (const once_t *self, const void *bytes, size_t size, receipt_t *receipt)
{
    if (read_receipt (bytes, size, receipt))
        return ONCE_NEW;
    return memcmp (bytes, self->body, HASH_LENGTH) == 0 ? ONCE_SAME : ONCE_REUSED;
}

once_found_t once_refused (const once_t *self, const commit_answer_t *answer, receipt_t *receipt)
{
    if (answer->failed_op != OP_FREE)
        return ONCE_NEW;
    if (*self->key && answer->failed == self->key_op)
        return once_stored (self, answer->found, answer->found_size, receipt);
    if (!*self->message || answer->failed != self->message_op ||
        read_receipt (answer->found, answer->found_size, receipt))
        return ONCE_NEW;
    receipt->disposition = BUCKSTOP__V1__DISPOSITION__DISPOSITION_DUPLICATE;
    return ONCE_DUPLICATE;
}
