/* Bearer tokens, signed links, ids, tags of mails: what was not signed is not taken. */
#include "fuzz.h"
#include "ids.h"
#include "link.h"
#include "mail_tag.h"
#include "token.h"

static const uint8_t key[32] = "0123456789abcdef0123456789abcde";

static void tags (const char *text)
{
    mail_tag_t tag;
    char bare[ADDRESS_SIZE];
    if (mail_tag_in_address (text, &tag, bare))
        MUST (!mail_tag_true (&tag, "desk", key) || strlen (tag.contact) == ID_SIZE - 1);
    mail_tag_in_address (text, &tag, NULL);
    if (mail_tag_in_subject (text, &tag))
        mail_tag_true (&tag, "desk", key);
    if (mail_tag_in_message_id (text, &tag))
        mail_tag_true (&tag, "desk", key);
    mail_tag_address (text, "desk", "01JD0000000000000000000000", key, bare);
    mail_tag_message_id ("0123456789abcdefghijklmn", "desk", "", key, text, bare);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char *text = fuzz_text (data, size), id[TOKEN_ID_SIZE], workspace[NAME_SIZE];
    uint8_t hash[TOKEN_HASH_SIZE];
    link_claim_t claim;
    scope_t scope;
    token_split (text, id, hash);
    scope_parse (text, &scope);
    link_workspace (text, workspace);
    if (link_verify (text, key, 1, &claim) == LINK_OK) {
        char again[LINK_TOKEN_SIZE];
        link_sign (&claim, key, again);
        MUST (strcmp (again, text) == 0);
    }
    id_valid (text);
    tags (text);
    free (text);
    return 0;
}
