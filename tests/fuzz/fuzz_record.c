/* Records as the store gives them back: what is read can be written, and reads the same. */
#include "customer.h"
#include "customer_forgotten.h"
#include "fuzz.h"
#include "keys.h"
#include "record.h"

#include <string.h>

#define ROUND(kind, type)                                                               \
    static bool round_##kind (const void *bytes, size_t size)                           \
    {                                                                                   \
        record_head_t head, head_again;                                                 \
        static type row, again;                                                         \
        size_t packed_size, second_size;                                                \
        if (kind##_unpack (bytes, size, &head, &row))                                   \
            return false;                                                               \
        uint8_t *packed = kind##_pack (&row, &head, &packed_size);                      \
        MUST (kind##_unpack (packed, packed_size, &head_again, &again) == RECORD_OK);   \
        uint8_t *second = kind##_pack (&again, &head_again, &second_size);              \
        MUST (second_size == packed_size && memcmp (second, packed, packed_size) == 0); \
        free (packed);                                                                  \
        free (second);                                                                  \
        return true;                                                                    \
    }
ROUND (contact, contact_t)
ROUND (person, person_t)
ROUND (customer, customer_t)

static bool round_delivery (const void *bytes, size_t size)
{
    record_head_t head;
    delivery_t delivery;
    size_t packed_size;
    if (delivery_unpack (bytes, size, &head, &delivery))
        return false;
    free (delivery_pack (&delivery, &head, &packed_size));
    delivery_clear (&delivery);
    return true;
}

static bool round_workspace (const void *bytes, size_t size)
{
    record_head_t head;
    workspace_record_t workspace;
    char *text = NULL;
    size_t packed_size;
    if (workspace_unpack (bytes, size, &head, &workspace, &text))
        return false;
    free (workspace_pack (&workspace, text, &head, &packed_size));
    free (text);
    return true;
}

static bool forget (const void *bytes, size_t size)
{
    bool changed = false, again_changed = false;
    size_t left, again;
    char contact[ID_SIZE];
    uint8_t *kept = timeline_forget (bytes, size, &left, &changed);
    uint8_t *twice = timeline_forget (kept, left, &again, &again_changed);
    MUST (!again_changed && again == left);
    free (kept);
    free (twice);
    timeline_files (bytes, size);
    return event_remembers (bytes, size, contact);
}

/* As of a worker that wrote no hash: what was changed would be refused before its body is read. */
static void clear_hash (uint8_t *bytes, size_t size)
{
    if (size >= RECORD_HEAD_SIZE && bytes[3] != KIND_PERSON)
        memset (bytes + RECORD_HEAD_SIZE - 4, 0, 4);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static bool (*const kinds[]) (const void *, size_t) = {round_contact,  round_person,    round_delivery,
                                                           round_customer, round_workspace, forget};
    uint8_t kind = fuzz_choice (data, &size);
    void *bytes = fuzz_bytes (data, size);
    clear_hash (bytes, size);
    kinds[kind % (sizeof kinds / sizeof *kinds)](bytes, size);
    free (bytes);
    return 0;
}
