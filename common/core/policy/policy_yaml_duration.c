/* policy_yaml_duration.c - durations of a policy: "500ms", "1h30m".
 *
 * Hears: what stands in the text. Says: milliseconds; else what was expected, and what was perhaps meant by "10 s" or
 * "5 minutes": people write them so, programs do not read them so.
 */
#include "policy_yaml.h"
#include "words.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int yaml_duration (const char *text, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", MS_PER_SECOND}, {"m", MS_PER_MINUTE}, {"h", MS_PER_HOUR}, {"d", MS_PER_DAY}};
    int64_t sum = 0, number;
    if (!*text)
        return -1;
    while (*text) {
        size_t digits = strspn (text, "0123456789"), letters = strcspn (text + digits, "0123456789"), i = 0;
        if (digits == 0 || digits > 9)
            return -1;
        number = strtoll (text, NULL, 10);
        text += digits;
        while (i < 5 && (strlen (units[i].unit) != letters || strncmp (units[i].unit, text, letters) != 0))
            i++;
        if (i == 5 || number > (INT64_MAX / 2 - sum) / units[i].ms)
            return -1;
        sum += number * units[i].ms;
        text += letters;
    }
    *ms = sum;
    return 0;
}

const char *yaml_duration_words (int64_t ms, char buffer[NAME_SIZE])
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"d", MS_PER_DAY}, {"h", MS_PER_HOUR}, {"m", MS_PER_MINUTE}, {"s", MS_PER_SECOND}, {"ms", 1}};
    size_t at = 0;
    snprintf (buffer, NAME_SIZE, "0s");
    for (size_t i = 0; i < 5; ms %= units[i++].ms)
        if (ms / units[i].ms)
            at += (size_t)snprintf (buffer + at, NAME_SIZE - at, "%" PRId64 "%s", ms / units[i].ms, units[i].unit);
    return buffer;
}

/* ---- as people write them */

/* The unit that a word stands for; NULL: none. */
static const char *unit_of (const char *word, size_t length)
{
    static const struct {
        const char *unit, *words; /* divided by spaces */
    } rows[] = {{"ms", " ms msec millisecond milliseconds "},
                {"s", " s sec secs second seconds "},
                {"m", " m min mins minute minutes "},
                {"h", " h hr hrs hour hours "},
                {"d", " d day days "}};
    char spaced[NAME_SIZE];
    if (length + 3 > sizeof spaced)
        return NULL;
    size_t at = 0;
    spaced[at++] = ' ';
    for (size_t i = 0; i < length; i++)
        spaced[at++] = (char)tolower ((unsigned char)word[i]);
    memcpy (spaced + at, " ", 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr (rows[i].words, spaced))
            return rows[i].unit;
    return NULL;
}

/* "1 hour 30 min": 1h30m. */
static bool shorten (const char *text, char meant[NAME_SIZE])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t at = 0;
    while (*text) {
        size_t digits = strspn (text, "0123456789"), spaces = strspn (text + digits, " ");
        const char *word = text + digits + spaces;
        size_t length = strspn (word, letters);
        const char *unit = unit_of (word, length);
        if (!digits || !unit || at + digits + strlen (unit) >= NAME_SIZE)
            return false;
        at += (size_t)snprintf (meant + at, NAME_SIZE - at, "%.*s%s", (int)digits, text, unit);
        text = word + length;
        text += strspn (text, " ");
    }
    return at > 0;
}

void yaml_read_duration (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    char expected[DETAIL_SIZE], shape[DETAIL_SIZE], min[NAME_SIZE], max[NAME_SIZE], meant[NAME_SIZE];
    int64_t ms;
    snprintf (shape, sizeof shape, "a duration like 500ms, 30s, 5m, 2h, 3d or 1h30m, from %s to %s",
              yaml_duration_words (key->min, min), yaml_duration_words (key->max, max));
    if (!yaml_is (self, key, value, NODE_TEXT, shape))
        return;
    bool read = yaml_duration (value->text, &ms) == 0;
    if (read && ms >= key->min && ms <= key->max) {
        *(int64_t *)field = ms;
        return;
    }
    bool near = !read && shorten (value->text, meant) && yaml_duration (meant, &ms) == 0;
    snprintf (expected, sizeof expected, "%s%s%s%.180s", near ? "did you mean '" : "", near ? meant : "",
              near ? "'? " : "", shape);
    yaml_wrong (self, key, value, expected);
}
