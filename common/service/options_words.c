/* options_words.c - the words of a program: those that its synopsis begins its alternatives with, and whose names stand for
 * the others.
 *
 * Hears: the synopsis ("check FILE | apply FILE"), and the names of values, a word each. Says: the n-th of them.
 */
#include "options.h"

#include <ctype.h>
#include <string.h>

/* "apply FILE": apply. Lower case is said as it stands; capitals stand for something else. */
static size_t word_length (const char *at)
{
    size_t length = 0;
    while (islower ((unsigned char)at[length]) || (length && at[length] == '-'))
        length++;
    bool ends = at[length] == '\0' || strchr (" ]|", at[length]);
    return ends ? length : 0;
}

/* The beginning of the next alternative; NULL: there is none. */
static const char *next_alternative (const char *at)
{
    const char *bar = strstr (at, "| ");
    return bar ? bar + 2 : NULL;
}

static bool is_before (const char *synopsis, const char *word, size_t length)
{
    for (const char *at = synopsis; at && at < word; at = next_alternative (at))
        if (word_length (at + (*at == '[')) == length && strncmp (at + (*at == '['), word, length) == 0 &&
            at + (*at == '[') != word)
            return true;
    return false;
}

bool options_word (const options_t *self, size_t index, char word[OPTIONS_NAME_SIZE])
{
    for (const char *at = self->synopsis; at; at = next_alternative (at)) {
        const char *begin = at + (*at == '[');
        size_t length = word_length (begin);
        if (!length || length >= OPTIONS_NAME_SIZE || strncmp (begin, "options", length) == 0 ||
            is_before (self->synopsis, begin, length) || index-- > 0)
            continue;
        memcpy (word, begin, length);
        word[length] = '\0';
        return true;
    }
    return false;
}

bool options_word_values (const options_t *self, size_t index, char values[OPTIONS_NAME_SIZE])
{
    const char *at = self->words ? self->words : "";
    for (; index > 0 && *at; index--)
        at += strcspn (at, " "), at += strspn (at, " ");
    size_t length = strcspn (at, " ");
    if (!length || length >= OPTIONS_NAME_SIZE || *at == '-')
        return false;
    memcpy (values, at, length);
    values[length] = '\0';
    return true;
}
