/* Pages as mails bring them, and the cutting off of quotes and signatures. */
#include "fuzz.h"
#include "mail_private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    uint8_t kind = fuzz_choice (data, &size);
    char *page = fuzz_text (data, size);
    GString *text = g_string_new (NULL);
    if (kind & 1) {
        mail_html_text (text, page, size, kind & 2 ? 256 : TEXT_MAX);
    } else {
        char *valid = mail_utf8 (kind & 4 ? "iso-2022-jp" : kind & 8 ? "utf-7" : NULL, page, size);
        g_string_append (text, valid);
        g_free (valid);
        mail_clean (text);
        mail_unflow (text, kind & 16);
    }
    char *fresh = mail_quote_fresh (text->str);
    if (fresh)
        MUST (strlen (fresh) <= text->len);
    g_free (fresh);
    mail_quote_unmark (text);
    MUST (!strpbrk (text->str, "\x01\x02"));
    g_string_free (text, TRUE);
    free (page);
    return 0;
}
