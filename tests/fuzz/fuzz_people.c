/* People as a table (CSV) or a directory (LDIF) lists them: what becomes a document of a policy says of those people alone. */
#include "fuzz.h"
#include "ids.h"
#include "people_table.h"
#include "policy.h"

#include <libfyaml.h>
#include <string.h>

static const char *const maps[] = {"", "id=uid,name=cn,teams=ou", "teams=departmentNumber,capacity=employeeNumber",
                                   "mail=Mail address,name=Name"};

/* It is YAML, of those people: nothing that a name or an address holds ends a text and begins another key. */
static void whole (const people_table_t *table)
{
    struct fy_document *document = fy_document_build_from_string (NULL, table->document, table->size);
    MUST (document);
    struct fy_node *people = fy_node_by_path (fy_document_root (document), "people", FY_NT, FYNWF_DONT_FOLLOW);
    MUST (fy_node_mapping_item_count (fy_document_root (document)) == 1 && people);
    MUST ((size_t)fy_node_mapping_item_count (people) == table->n);
    for (size_t i = 0; i < table->n; i++)
        MUST (fy_node_mapping_lookup_by_string (people, table->people[i].id, FY_NT));
    fy_document_destroy (document);
}

/* The policy reads it, or says what is wrong. */
static void as_policy (const people_table_t *table)
{
    static const char head[] = "workspace: desk\nlast_resort: theboss\nteams: { front: { members: [theboss] } }\n";
    char *text = xmalloc (sizeof head + table->size);
    memcpy (text, head, sizeof head - 1);
    memcpy (text + sizeof head - 1, table->document, table->size);
    policy_errors_t errors;
    policy_t *policy = policy_parse (text, sizeof head - 1 + table->size, &errors);
    MUST ((policy == NULL) == (errors.n > 0));
    policy_destroy (&policy);
    policy_errors_clear (&errors);
    free (text);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char why[DETAIL_SIZE];
    uint8_t kind = fuzz_choice (data, &size);
    people_map_t map;
    people_table_t table;
    if (kind & 0x80) { /* the option itself */
        char *words = fuzz_text (data, size);
        *why = '\0';
        MUST (people_map_parse (words, &map, why) || *why);
        free (words);
        return 0;
    }
    MUST (people_map_parse (maps[kind / 2 % 4], &map, why));
    char *text = fuzz_bytes (data, size);
    people_table_read (kind & 1 ? PEOPLE_LDIF : PEOPLE_CSV, "people", text, size, &map, &table);
    MUST (table.document && table.errors_n <= PEOPLE_ERRORS_MAX && (table.n || table.errors_n));
    for (size_t i = 0; i < table.n; i++) {
        MUST (name_valid (table.people[i].id) && table.people[i].line > 0);
        MUST (people_table_line (&table, table.people[i].document_line) == table.people[i].line);
    }
    for (size_t i = 0; i < table.errors_n; i++)
        MUST (*table.errors[i]);
    if (!table.errors_n) {
        whole (&table);
        as_policy (&table);
    }
    people_table_clear (&table);
    free (text);
    return 0;
}
