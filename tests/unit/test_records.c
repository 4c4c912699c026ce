/* test_records.c - what earlier releases wrote is read, strictly: tests/data/records/ holds what their programs left in a
 * store (tests/containers/run --records writes it). Each record is read, written again and read again, and is the same. */
#include "customer.h"
#include "ids.h"
#include "receipt.h"
#include "record.h"
#include "tokens_private.h"

#include <dirent.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINE_SIZE = 1 << 20, HASH_LENGTH = HASH_HEX_SIZE - 1 };

typedef struct found {
    const char *key;
    const uint8_t *bytes;
    size_t size;
} found_t;

static contact_t contact, contact_again; /* some kilobytes each */

static bool ends_with (const char *key, const char *id)
{
    size_t n = strlen (key), more = strlen (id);
    return more && n > more && strcmp (key + n - more, id) == 0;
}

static void read_contact (const found_t *found)
{
    record_head_t head, head_again;
    size_t size = 0;
    memset (&contact, 0, sizeof contact);
    memset (&contact_again, 0, sizeof contact_again);
    assert_int_equal (contact_unpack (found->bytes, found->size, &head, &contact), RECORD_OK);
    assert_true (ends_with (found->key, contact.id));
    assert_true (*contact.accountable && contact.opened > 0);
    uint8_t *bytes = contact_pack (&contact, &head, &size);
    assert_int_equal (contact_unpack (bytes, size, &head_again, &contact_again), RECORD_OK);
    assert_memory_equal (&contact, &contact_again, sizeof contact);
    free (bytes);
}

static void read_person (const found_t *found)
{
    record_head_t head, head_again;
    person_t person, again;
    size_t size = 0;
    memset (&person, 0, sizeof person);
    memset (&again, 0, sizeof again);
    assert_int_equal (person_unpack (found->bytes, found->size, &head, &person), RECORD_OK);
    assert_true (ends_with (found->key, person.name));
    uint8_t *bytes = person_pack (&person, &head, &size);
    assert_int_equal (person_unpack (bytes, size, &head_again, &again), RECORD_OK);
    assert_memory_equal (&person, &again, sizeof person);
    free (bytes);
}

static void read_delivery (const found_t *found)
{
    record_head_t head, head_again;
    delivery_t delivery = {.way = 0}, again = {.way = 0};
    size_t size = 0;
    assert_int_equal (delivery_unpack (found->bytes, found->size, &head, &delivery), RECORD_OK);
    assert_true (ends_with (found->key, delivery.id));
    uint8_t *bytes = delivery_pack (&delivery, &head, &size);
    assert_int_equal (delivery_unpack (bytes, size, &head_again, &again), RECORD_OK);
    assert_string_equal (delivery.id, again.id);
    assert_string_equal (delivery.body, again.body);
    assert_int_equal (delivery.due, again.due);
    assert_int_equal (delivery.way, again.way);
    free (bytes);
    delivery_clear (&delivery);
    delivery_clear (&again);
}

static void read_customer (const found_t *found)
{
    static customer_t customer, again;
    record_head_t head, head_again;
    size_t size = 0;
    memset (&customer, 0, sizeof customer);
    memset (&again, 0, sizeof again);
    assert_int_equal (customer_unpack (found->bytes, found->size, &head, &customer), RECORD_OK);
    assert_true (ends_with (found->key, customer.id));
    uint8_t *bytes = customer_pack (&customer, &head, &size);
    assert_int_equal (customer_unpack (bytes, size, &head_again, &again), RECORD_OK);
    assert_memory_equal (&customer, &again, sizeof customer);
    free (bytes);
}

static void read_workspace (const found_t *found)
{
    record_head_t head;
    workspace_record_t workspace;
    char *text = NULL;
    assert_int_equal (workspace_unpack (found->bytes, found->size, &head, &workspace, &text), RECORD_OK);
    assert_true (ends_with (found->key, workspace.name));
    assert_non_null (strstr (text, "last_resort:"));
    free (text);
}

static void read_event (const found_t *found)
{
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, found->size, found->bytes);
    assert_non_null (event);
    assert_int_equal (event->base.n_unknown_fields, 0); /* an older release knows no field that is not known here */
    assert_true (event->n_facts > 0);
    for (size_t i = 0; i < event->n_facts; i++)
        assert_true (event->facts[i]->kind != 0 && event->facts[i]->base.n_unknown_fields == 0);
    buckstop__v1__event__free_unpacked (event, NULL);
}

static void read_receipt (const found_t *found)
{
    receipt_t receipt;
    if (found->size == 1) /* said once: "1" */
        return;
    assert_true (found->size > HASH_LENGTH);
    assert_int_equal (receipt_unpack (found->bytes + HASH_LENGTH, found->size - HASH_LENGTH, &receipt), 0);
    assert_true (id_valid (receipt.contact));
}

static void read_thread (const found_t *found)
{
    char id[ID_SIZE] = "";
    assert_int_equal (found->size, ID_SIZE - 1);
    memcpy (id, found->bytes, ID_SIZE - 1);
    assert_true (id_valid (id));
}

static void read_token (const found_t *found)
{
    token_info_t info = {.bearer.scope = 0};
    uint8_t hash[TOKEN_HASH_SIZE];
    assert_true (token_read (found->bytes, found->size, &info, hash));
}

/* A key is `b:{s}:FAMILY:...`, or `b:tok:ID`. */
static const struct family {
    const char *name;
    void (*read) (const found_t *found);
} families[] = {{"c", read_contact},   {"p", read_person}, {"d", read_delivery}, {"k", read_customer},
                {"w", read_workspace}, {"tl", read_event}, {"ev", read_event},   {"i", read_receipt},
                {"th", read_thread},   {"tok", read_token}};
enum { FAMILIES = sizeof families / sizeof *families };

static size_t family_of (const char *key)
{
    const char *at = strncmp (key, "b:{", 3) == 0 ? strchr (key, '}') + 2 : key + 2;
    size_t n = strcspn (at, ":");
    for (size_t i = 0; i < FAMILIES; i++)
        if (strlen (families[i].name) == n && strncmp (families[i].name, at, n) == 0)
            return i;
    fail_msg ("%s: of no family", key);
    return 0;
}

/* KEY, a tab, the value in base 64. */
static size_t read_line (char *line)
{
    static uint8_t bytes[LINE_SIZE];
    found_t found = {.key = line, .bytes = bytes};
    char *tab = strchr (line, '\t');
    assert_non_null (tab);
    *tab++ = '\0';
    tab[strcspn (tab, "\n")] = '\0';
    assert_int_equal (sodium_base642bin (bytes, sizeof bytes, tab, strlen (tab), NULL, &found.size, NULL,
                                         sodium_base64_VARIANT_ORIGINAL),
                      0);
    size_t family = family_of (line);
    families[family].read (&found);
    return family;
}

static void read_release (const char *name)
{
    static char line[LINE_SIZE];
    char path[4096];
    size_t counts[FAMILIES] = {0};
    snprintf (path, sizeof path, TESTS_DIR "/data/records/%s", name);
    FILE *file = fopen (path, "re");
    assert_non_null (file);
    while (fgets (line, sizeof line, file))
        if (*line != '#')
            counts[read_line (line)]++;
    fclose (file);
    for (size_t i = 0; i < FAMILIES; i++)
        if (!counts[i])
            fail_msg ("%s holds nothing of %s", name, families[i].name);
}

static void what_every_release_wrote_is_read (void **state)
{
    (void)state;
    size_t releases = 0;
    DIR *folder = opendir (TESTS_DIR "/data/records");
    assert_non_null (folder);
    for (struct dirent *entry; (entry = readdir (folder));)
        if (strstr (entry->d_name, ".tsv")) {
            read_release (entry->d_name);
            releases++;
        }
    closedir (folder);
    assert_true (releases > 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (what_every_release_wrote_is_read)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
