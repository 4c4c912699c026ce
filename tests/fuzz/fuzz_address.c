/* Addresses of all kinds: of people and far sides, of the store, by which customers are known. */
#include "address.h"
#include "fuzz.h"
#include "identity.h"
#include "store_address.h"

static void known_by (const identity_t *identity)
{
    char id[ID_SIZE], again[ID_SIZE], text[IDENTITY_TEXT_SIZE];
    identity_t parsed;
    customer_id_of (identity, id);
    MUST (strlen (id) == ID_SIZE - 1);
    identity_text (identity, text);
    if (identity_parse (text, &parsed)) {
        customer_id_of (&parsed, again);
        MUST (parsed.kind != identity->kind || strcmp (id, again) == 0);
    }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const char *const countries[] = {NULL, "", "+49", "+1", "+39"};
    uint8_t kind = fuzz_choice (data, &size);
    char *text = fuzz_text (data, size), why[STORE_ADDRESS_WHY_SIZE];
    store_address_t store;
    identity_t identity;
    if (!store_address_parse (text, &store, why))
        MUST (*why);
    bool line = address_is_line (text);
    MUST (!address_is_url (text) || line);
    if (address_is_mail (text))
        MUST (line);
    if (identity_mail (text, &identity))
        known_by (&identity);
    if (identity_phone (countries[kind % 5], text, &identity))
        known_by (&identity);
    if (identity_handle ("slack", text, &identity))
        known_by (&identity);
    identity_parse (text, &identity);
    free (text);
    return 0;
}
