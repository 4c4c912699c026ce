/* record.h - the bytes of a record: a fixed head that the scripts read, then a protobuf body. Pure.
 *
 *   offset  size  what
 *   0       1     schema: 'A', or 'B' for what workers that know only 'A' would take for broken, or for something else (a
 *                 call, a call back, a channel's own way back), or 'C' for what workers of 'B' would (a delivery that was
 *                 dropped: they would send it); a worker leaves a newer one to newer workers: up to RECORD_SCHEMA_LAST, with a head laid out as this one. What begins otherwise is no record of anybody's:
 *                 broken
 *   1       1     attempts: '0' + how often it was leased since the last commit (commit writes '0')
 *   2       1     how many event ids follow the head (0..32)
 *   3       1     kind: 'c', 'p', 'd', 'k', 'w'
 *   4       8     version, big endian, 1 for the first
 *   12      4     big endian: a person's epoch; of a contact, delivery or customer the body's hash (bytes_hash), by
 *                 which a body that was cut or changed is told also where what is left still reads as one (0: written
 *                 by a worker that knew none); 0 elsewhere
 *   16      8n    the last event ids, oldest first
 *   16+8n         the body, record.proto
 */
#ifndef BUCKSTOP_RECORD_H
#define BUCKSTOP_RECORD_H

#include "contact.h"
#include "delivery.h"
#include "person.h"
#include "types.h"

#define RECORD_SCHEMA      'A'
#define RECORD_SCHEMA_B    'B'
#define RECORD_SCHEMA_NOW  'C' /* the newest that is read and written here */
#define RECORD_SCHEMA_LAST 'E' /* workers run beside a few newer ones, not beside any */
enum { RECORD_HEAD_SIZE = 16 };

typedef struct record_head {
    char schema;
    unsigned attempts;
    char kind;
    uint64_t version;
    uint32_t epoch; /* a person's; else 0 */
    event_id_t ids[EVENT_IDS_KEPT];
    size_t ids_n;
} record_head_t;

typedef enum record_fault { RECORD_OK = 0, RECORD_NEWER, RECORD_BROKEN, RECORD_WRONG_KIND } record_fault_t;

/* Reads the head; body is set to where the protobuf starts; whether it is whole is not looked at. */
record_fault_t record_head_read (const void *bytes, size_t size, char kind, record_head_t *head, const uint8_t **body,
                                 size_t *body_size);
/* The head of the next version: version + 1, attempts 0, `id` appended (the oldest leaves when full). */
record_head_t record_head_next (const record_head_t *head, char kind, event_id_t id, uint32_t epoch);
bool record_has_event (const record_head_t *head, event_id_t id);
/* In the bytes of a whole record: as if it had never been leased. */
void record_forget_attempts (uint8_t *bytes, size_t size);
/* As if it were leased once more. */
void record_count_attempt (uint8_t *bytes, size_t size);

/* Whole records. _pack: malloc'd bytes that the caller frees. _unpack: strict; strings that do not fit
 * and enums out of range are RECORD_BROKEN. contact_t.version is taken from the head. */
uint8_t *contact_pack (const contact_t *contact, const record_head_t *head, size_t *size);
record_fault_t contact_unpack (const void *bytes, size_t size, record_head_t *head, contact_t *contact);
uint8_t *person_pack (const person_t *person, const record_head_t *head, size_t *size);
record_fault_t person_unpack (const void *bytes, size_t size, record_head_t *head, person_t *person);
/* delivery_unpack allocates subject and body: delivery_clear frees them. */
uint8_t *delivery_pack (const delivery_t *delivery, const record_head_t *head, size_t *size);
record_fault_t delivery_unpack (const void *bytes, size_t size, record_head_t *head, delivery_t *delivery);
/* The workspace record: policy text is malloc'd into *text. */
typedef struct workspace_record {
    char name[NAME_SIZE];
    uint32_t policy_version;
    uint8_t link_key[32];
    char applied_by[NAME_SIZE];
    wall_ms_t applied_at;
} workspace_record_t;
uint8_t *workspace_pack (const workspace_record_t *workspace, const char *text, const record_head_t *head,
                         size_t *size);
record_fault_t workspace_unpack (const void *bytes, size_t size, record_head_t *head, workspace_record_t *workspace,
                                 char **text);

#endif
