/* A pattern (the first line) and a text: none of them may take long, and what is found once is found always. */
#include "fuzz.h"
#include "pattern.h"
#include "policy_match.h"

#include <time.h>

enum { SLOW_MS = 400, TEXT_MAX_HERE = 32 * 1024 }; /* sanitizers and coverage make it some 20 times slower */

static int64_t cpu_ms (void)
{
    struct timespec t;
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The text again and again: what costs much costs it on long texts. */
static char *lengthen (const char *text, uint8_t times)
{
    size_t n = strlen (text), most = n ? TEXT_MAX_HERE / n : 0;
    size_t copies = n == 0 ? 1 : 1 + (times * most) / 255;
    char *longer = xcalloc (1, n * copies + 1);
    for (size_t i = 0; i < copies; i++)
        memcpy (longer + i * n, text, n);
    return longer;
}

static pattern_found_t find (const pattern_t *pattern, const char *subject, const char *text)
{
    pattern_search_t *search = pattern_search_new (subject, text);
    int64_t begun = cpu_ms ();
    pattern_found_t found = pattern_find (pattern, search);
    MUST (cpu_ms () - begun < SLOW_MS);
    pattern_search_destroy (&search);
    return found;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    pattern_fault_t fault;
    uint8_t times = fuzz_choice (data, &size);
    char *written = fuzz_line (&data, &size), *text = fuzz_text (data, size), *longer = lengthen (text, times);
    pattern_t *pattern = pattern_new (written, strlen (written), &fault);
    if (pattern)
        MUST (find (pattern, text, longer) == find (pattern, text, longer));
    else
        MUST (*fault.what && fault.offset <= strlen (written));
    pattern_destroy (&pattern);
    char *folded = match_fold (text, longer);
    match_word (folded, written);
    free (folded);
    free (written);
    free (text);
    free (longer);
    return 0;
}
