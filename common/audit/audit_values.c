/* audit_values.c - keys that hold neither a record nor a set, each judged by itself: idempotency keys, threads,
 * what was sent, tokens, former policies, holds, whose an archive is.
 *
 * Hears: a key's family, then its bytes. Says: what is wrong with them. A request that names a bad one is refused (a
 * bad thread is begun anew) and nobody else notices: only the audit finds it before the sender does.
 * Limits: whether a thread's contact is still there is not asked: it may be deleted between two reads. */
#include "audit_private.h"

#include "hold.h"
#include "ids.h"
#include "tokens_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    char kind;
    const char *family, *name; /* "": of no shard */
} kinds[] = {{KIND_ONCE, "i", "idempotency key"},
             {KIND_THREAD, "th", "thread"},
             {KIND_IDENTITY, "id", "identity"},
             {KIND_SENT, "sent", "sent notice"},
             {KIND_TOKEN, "", "token"},
             {KIND_FORMER, "pv", "former policy"},
             {KIND_HOLD, "", "hold"},
             {KIND_WHOSE, "archw", "archive"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *value_name (char kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return NULL;
}

char value_kind (const char *family)
{
    for (size_t i = 0; i < KINDS; i++)
        if (*family && strcmp (kinds[i].family, family) == 0)
            return kinds[i].kind;
    return 0;
}

/* Of what was said once, "1"; of a request the hash of its body, or "-" as often, and the Receipt. */
static bool is_once (const char *bytes, size_t size)
{
    enum { HASH_LENGTH = HASH_HEX_SIZE - 1 };
    if (size == 1)
        return *bytes == '1';
    if (size <= HASH_LENGTH)
        return false;
    char hash[HASH_HEX_SIZE];
    memcpy (hash, bytes, HASH_LENGTH);
    hash[HASH_LENGTH] = '\0';
    if (strspn (hash, "0123456789abcdef-") != HASH_LENGTH)
        return false;
    Buckstop__V1__Receipt *receipt =
        buckstop__v1__receipt__unpack (NULL, size - HASH_LENGTH, (const uint8_t *)bytes + HASH_LENGTH);
    bool is = receipt && id_valid (receipt->contact);
    if (receipt)
        buckstop__v1__receipt__free_unpacked (receipt, NULL);
    return is;
}

/* The id of a contact, or of a customer. */
static bool is_id (const char *bytes, size_t size)
{
    char id[ID_SIZE];
    if (size >= sizeof id)
        return false;
    memcpy (id, bytes, size);
    id[size] = '\0';
    return id_valid (id);
}

static bool is_sent (const char *bytes, size_t size)
{
    delivery_t delivery;
    record_head_t head;
    record_fault_t fault = delivery_unpack (bytes, size, &head, &delivery);
    if (fault == RECORD_OK)
        delivery_clear (&delivery);
    return fault == RECORD_OK || fault == RECORD_NEWER;
}

static bool is_token (const char *bytes, size_t size)
{
    token_info_t info = {.created_at = 0};
    uint8_t hash[TOKEN_HASH_SIZE];
    return token_read (bytes, size, &info, hash);
}

static bool is_former (const char *bytes, size_t size)
{
    workspace_record_t record;
    record_head_t head;
    char *text = NULL;
    record_fault_t fault = workspace_unpack (bytes, size, &head, &record, &text);
    if (fault == RECORD_OK)
        free (text);
    return fault == RECORD_OK || fault == RECORD_NEWER;
}

static bool is_hold (const char *bytes, size_t size)
{
    return hold_read (bytes, size).since > 0;
}

/* archive_private.h there: "dir:HEX", "webhook:HEX" */
static bool is_whose (const char *bytes, size_t size)
{
    static const char *const kinds_of[] = {"dir:", "webhook:"};
    for (size_t i = 0; i < sizeof kinds_of / sizeof *kinds_of; i++) {
        size_t head = strlen (kinds_of[i]);
        if (size > head && strncmp (bytes, kinds_of[i], head) == 0)
            return true;
    }
    return false;
}

const char *audit_value (char kind, const char *bytes, size_t size)
{
    if (kind == KIND_FORMER)
        return is_former (bytes, size) ? NULL : "it can't be read: there is no way back to that version";
    if (kind == KIND_HOLD)
        return is_hold (bytes, size) ? NULL : "its words can't be read: nothing is sent until 'buckstop held end'";
    if (kind == KIND_WHOSE)
        return is_whose (bytes, size) ? NULL : "it names no archive: the one of that name keeps nothing any more";
    if (kind == KIND_ONCE)
        return is_once (bytes, size) ? NULL : "it holds no receipt: whoever sends that request again is refused";
    if (kind == KIND_THREAD)
        return is_id (bytes, size) ? NULL : "it names no contact: what is said next there opens a new one";
    if (kind == KIND_IDENTITY)
        return is_id (bytes, size) ? NULL : "it names no customer: who writes by it counts as unknown";
    if (kind == KIND_SENT)
        return is_sent (bytes, size) ? NULL : "it can't be read: a bounce of it changes nothing";
    return is_token (bytes, size) ? NULL : "it can't be read: whoever brings the token is refused";
}
