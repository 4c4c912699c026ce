/* words.c - bounded copies of strings: a name that is cut is still valid UTF-8. */
#include "words.h"

#include <string.h>

bool word_fits (char *to, size_t size, const char *from)
{
    if (size == 0)
        return false;
    size_t length = from ? strlen (from) : 0;
    bool fits = length < size;
    if (!fits) {
        length = size - 1;
        while (length > 0 && ((unsigned char)from[length] & 0xC0) == 0x80)
            length--;
    }
    if (length)
        memcpy (to, from, length);
    to[length] = '\0';
    return fits;
}

void word_copy (char *to, size_t size, const char *from)
{
    word_fits (to, size, from);
}

const char *word_cut (char *room, size_t size, const char *text)
{
    word_copy (room, size, text);
    return room;
}

bool word_same (const char *a, const char *b)
{
    return strcmp (a ? a : "", b ? b : "") == 0;
}

char *word_spaced (char *word)
{
    for (char *at = word; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    return word;
}

uint64_t word_hash (uint64_t hash, const char *word)
{
    for (; *word; word++)
        hash = (hash ^ (unsigned char)*word) * UINT64_C (1099511628211);
    return hash;
}
