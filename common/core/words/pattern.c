/* pattern.c - patterns by pcre2, with a bound that holds.
 *
 * pcre2's own match limit is counted anew for each place where a match may begin, and what a class swallows at one go
 * is one match whatever its length: "\s+$" on a line of blanks takes seconds below any such limit. So each pattern is
 * compiled with a callout before each of its items. The callout counts a step, and the way that was gone since the last
 * one; when nothing is left it ends the match. What an item reads before it fails is at most the largest count in the
 * pattern, which makes its steps dearer. pcre2's limits stay as a second line, for memory first of all.
 *
 * No JIT: it would need memory that is writable and executable, and what it saves are microseconds. */
#include "pattern.h"

#include "xmalloc.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <glib.h>
#include <pcre2.h>
#include <stdio.h>

enum { DEPTH_MAX = 20 * 1000, HEAP_MAX_KIB = 1024 };
enum { WAY_PER_STEP = 32, COUNT_PER_STEP = 16 }; /* bytes that are passed, or counted, in the time of a step */

struct pattern {
    pcre2_code *code;
    int64_t step; /* what a step costs */
};

struct subject {
    const char *text;
    size_t size;
    char *owned;      /* NULL: the text is as it came */
    uint32_t options; /* where it was cut, it does not end */
};

struct pattern_search {
    struct subject subjects[2];
    int64_t left;        /* of the decision */
    int64_t step, share; /* of the pattern at hand: a step's cost, and what it may still use */
    size_t at;
    pcre2_match_context *context;
    pcre2_match_data *data;
};

/* ------------------------------------------------------------ compiled once */

/* The largest count that the text has, as in x{3,40}. What only looks like one (\x{20}) does no harm. */
static unsigned long largest_count (const char *text, size_t length)
{
    unsigned long largest = 0;
    for (size_t i = 0; i < length; i++) {
        bool code = i >= 2 && text[i - 2] == '\\' && g_ascii_isalpha (text[i - 1]);
        if (text[i] != '{' || code)
            continue;
        unsigned long count = 0;
        for (size_t k = i + 1; k < length && (g_ascii_isdigit (text[k]) || text[k] == ',' || text[k] == ' '); k++) {
            count = g_ascii_isdigit (text[k]) ? MIN (count * 10 + (unsigned long)(text[k] - '0'), 1000000) : 0;
            largest = MAX (largest, count);
        }
    }
    return largest;
}

static pattern_t *fail (pattern_fault_t *fault, size_t offset, const char *what)
{
    fault->offset = offset;
    snprintf (fault->what, sizeof fault->what, "%s", what);
    return NULL;
}

static pattern_t *fail_as (pattern_fault_t *fault, size_t offset, int code)
{
    fault->offset = offset;
    if (pcre2_get_error_message (code, (PCRE2_UCHAR *)fault->what, sizeof fault->what) < 0)
        snprintf (fault->what, sizeof fault->what, "error %d of pcre2", code);
    return NULL;
}

pattern_t *pattern_new (const char *text, size_t length, pattern_fault_t *fault)
{
    const uint32_t options =
        PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
    unsigned long count = largest_count (text, length);
    uint32_t references = 0;
    int error = 0;
    PCRE2_SIZE offset = 0;
    if (length == 0)
        return fail (fault, 0, "it is empty");
    if (length > PATTERN_MAX)
        return fail (fault, PATTERN_MAX, "it is longer than 256 bytes");
    if (count > PATTERN_COUNT_MAX)
        return fail (fault, 0, "a count is above 1000");
    pcre2_code *code = pcre2_compile ((PCRE2_SPTR)text, length, options, &error, &offset, NULL);
    if (!code)
        return fail_as (fault, offset, error);
    if (pcre2_pattern_info (code, PCRE2_INFO_BACKREFMAX, &references) != 0 || references > 0) {
        pcre2_code_free (code);
        return fail (fault, 0, "it refers back to what a group matched");
    }
    pattern_t *self = xcalloc (1, sizeof *self);
    self->code = code;
    self->step = 1 + (int64_t)count / COUNT_PER_STEP;
    return self;
}

void pattern_destroy (pattern_t **self_p)
{
    pattern_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    pcre2_code_free (self->code);
    free (self);
}

/* ---------------------------------------------------------------- a search */

/* The beginning of a text, cut between characters. What is no UTF-8 is replaced: texts of before the check at the door. */
static void take (struct subject *self, const char *text)
{
    const char *end;
    size_t size = text ? strnlen (text, PATTERN_TEXT_MAX) : 0;
    if (size == PATTERN_TEXT_MAX)
        while (size > PATTERN_TEXT_MAX - 4 && (text[size] & 0xC0) == 0x80)
            size--;
    self->text = text;
    self->size = size;
    self->options = PCRE2_NO_UTF_CHECK | (size && text[size] ? PCRE2_NOTEOL : 0);
    if (size && !g_utf8_validate (text, (gssize)size, &end)) {
        self->text = self->owned = g_utf8_make_valid (text, (gssize)size);
        self->size = strlen (self->owned);
    }
}

static int count_step (pcre2_callout_block *block, void *arg)
{
    pattern_search_t *self = arg;
    size_t at = block->current_position, way = at > self->at ? at - self->at : self->at - at;
    self->at = at;
    self->share -= self->step + (int64_t)(way / WAY_PER_STEP);
    return self->share < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

pattern_search_t *pattern_search_new (const char *first, const char *second)
{
    pattern_search_t *self = xcalloc (1, sizeof *self);
    take (&self->subjects[0], first);
    take (&self->subjects[1], second);
    self->left = PATTERN_STEPS_ALL;
    self->data = xcheck (pcre2_match_data_create (1, NULL));
    self->context = xcheck (pcre2_match_context_create (NULL));
    pcre2_set_callout (self->context, count_step, self);
    pcre2_set_depth_limit (self->context, DEPTH_MAX);
    pcre2_set_heap_limit (self->context, HEAP_MAX_KIB);
    return self;
}

void pattern_search_destroy (pattern_search_t **self_p)
{
    pattern_search_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    for (size_t i = 0; i < 2; i++)
        g_free (self->subjects[i].owned);
    pcre2_match_context_free (self->context);
    pcre2_match_data_free (self->data);
    free (self);
}

static pattern_found_t find_in (const pattern_t *self, pattern_search_t *search, const struct subject *in)
{
    search->at = 0;
    search->share -= 1 + (int64_t)(in->size / WAY_PER_STEP); /* looking for where it may begin */
    if (search->share < 0)
        return PATTERN_GAVE_UP;
    int found = pcre2_match (self->code, (PCRE2_SPTR)in->text, in->size, 0, in->options, search->data, search->context);
    return found >= 0 ? PATTERN_FOUND : found == PCRE2_ERROR_NOMATCH ? PATTERN_ABSENT : PATTERN_GAVE_UP;
}

pattern_found_t pattern_find (const pattern_t *self, pattern_search_t *search)
{
    const int64_t share = search->left < PATTERN_STEPS ? search->left : PATTERN_STEPS;
    pattern_found_t found = PATTERN_ABSENT;
    search->share = share;
    search->step = self->step;
    for (size_t i = 0; i < 2 && found == PATTERN_ABSENT; i++)
        if (search->subjects[i].size)
            found = find_in (self, search, &search->subjects[i]);
    search->left -= share - (search->share > 0 ? search->share : 0);
    return found;
}
