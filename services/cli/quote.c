/* quote.c - text that somebody else wrote, as a terminal may have it: what is no character that shows is written as
 * \xNN, so that a binary file moves no cursor and changes no colour. */
#include "cli.h"

#include "wire.h"

/* How many bytes the character there has that can be shown; 0: none. C0, DEL and C1 are commands. */
static size_t shown (const char *at, size_t left)
{
    unsigned char lead = (unsigned char)*at;
    size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    bool command = lead < 0x20 || lead == 0x7f || (lead == 0xc2 && left > 1 && (unsigned char)at[1] < 0xa0);
    return !command && n <= left && utf8_valid (at, n) ? n : 0;
}

size_t cli_quote (FILE *out, const char *text, size_t size, size_t most)
{
    size_t width = 0;
    for (size_t i = 0, characters = 0; i < size && characters < most; characters++) {
        size_t n = shown (text + i, size - i);
        width += n ? 1 : sizeof "\\xNN" - 1;
        if (out && n)
            fwrite (text + i, 1, n, out);
        else if (out)
            fprintf (out, "\\x%02x", (unsigned char)text[i]);
        i += n ? n : 1;
    }
    return width;
}
