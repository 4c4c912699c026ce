/* Patterns: what they match, what they refuse, and that none of them can hang a decision. */
#include "pattern.h"
#include "policy.h"
#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static pattern_found_t find (const char *text, const char *first, const char *second)
{
    pattern_fault_t fault;
    pattern_t *pattern = pattern_new (text, strlen (text), &fault);
    if (!pattern)
        fail_msg ("'%s': %s at %zu", text, fault.what, fault.offset);
    pattern_search_t *search = pattern_search_new (first, second);
    pattern_found_t found = pattern_find (pattern, search);
    pattern_search_destroy (&search);
    pattern_destroy (&pattern);
    return found;
}

static void test_find (void **state)
{
    static const struct {
        const char *pattern, *subject, *text;
        pattern_found_t found;
    } rows[] = {
        {"\\border\\s+#?\\d{5}\\b", "Order 12345 is late", NULL, PATTERN_FOUND},
        {"\\border\\s+#?\\d{5}\\b", NULL, "where is ORDER #54321?", PATTERN_FOUND},
        {"\\border\\s+#?\\d{5}\\b", "reorder 12345", "order 123456", PATTERN_ABSENT},
        {"(?-i)IBAN", "iban", NULL, PATTERN_ABSENT},
        {"^kündigung\\b", "Vertrag", "Guten Tag\nKÜNDIGUNG zum 1. Mai", PATTERN_FOUND},
        {"\\bä\\w+ung\\b", "eine Änderung", NULL, PATTERN_FOUND},
        {"\\d+", "order ٣٤", NULL, PATTERN_FOUND},
        {"end$", "the end\nof it", NULL, PATTERN_FOUND},
        {"one.two", "one", "two", PATTERN_ABSENT}, /* the texts are two */
        {"a", NULL, NULL, PATTERN_ABSENT},
        {"a", "", "", PATTERN_ABSENT},
        {"caf\\x{e9}", "caf\xe9 caf\xc3\xa9", NULL, PATTERN_FOUND}, /* what is no UTF-8 does no harm */
        {"(?:\\w+ ){3}", "one two three four", NULL, PATTERN_FOUND},
        {"(?<!\\d)\\d{16}(?!\\d)", "card 4111111111111111.", NULL, PATTERN_FOUND},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (find (rows[i].pattern, rows[i].subject, rows[i].text) != rows[i].found)
            fail_msg ("row %zu: %s", i, rows[i].pattern);
}

static void test_refused (void **state)
{
    static const struct {
        const char *pattern, *says;
    } rows[] = {
        {"", "empty"},
        {"(", "parenthes"},
        {"a{2,1}", "out of order"},
        {"(a)\\1", "refers back"},
        {"x{1001}", "1000"},
        {"{1{2000}", "1000"},
        {"\\C", "\\C"},
        {"[z-a]", "range"},
        {"\xff\xfe", "UTF-8"},
        {"(?<=a+)b", "lookbehind"},
        {"(?'n'a)\\k<n>", "refers back"},
    };
    (void)state;
    char longer[PATTERN_MAX + 2];
    pattern_fault_t fault;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null (pattern_new (rows[i].pattern, strlen (rows[i].pattern), &fault));
        if (!strstr (fault.what, rows[i].says))
            fail_msg ("'%s' says '%s' at %zu", rows[i].pattern, fault.what, fault.offset);
    }
    memset (longer, 'a', sizeof longer);
    assert_null (pattern_new (longer, sizeof longer - 1, &fault));
    assert_non_null (strstr (fault.what, "longer"));
    pattern_t *pattern = pattern_new ("\\x{20AC}\\x{1F600}{2}", 19, &fault); /* code points are no counts */
    assert_non_null (pattern);
    pattern_destroy (&pattern);
    pattern_destroy (&pattern);
}

/* ----------------------------------------------------------------- the limit */

static const char *const evil[] = {"(a+)+$",
                                   "(a|aa)+$",
                                   "\\s+$",
                                   "(?s).*.*.*=",
                                   "(?:x{200}y|x{199}z)",
                                   "^(([a-z])+.)+[A-Z]([a-z])+$",
                                   "\\b\\w+\\b!",
                                   "(?:a?){30}a{30}",
                                   "(\\w+\\s?)+\\d",
                                   "(?=(a+))a*b",
                                   "(?:x{900}y|x{899}z)",
                                   "\\p{Lu}+\\p{N}",
                                   "(?<!\\d)\\d{16}(?!\\d)",
                                   "(?:a|b|ab)*c?d",
                                   "(?R)?a+$",
                                   "\\X+?z?$"};
static const char *const fillers[] = {"a", " ", "x", "the order of my card, ", "1", "a, b", "ab", "e\xcc\x81"};
enum { ENDLESS = 128 * 1024 };

static char *endless (const char *filler)
{
    char *text = xcalloc (1, ENDLESS + 1);
    size_t n = strlen (filler);
    for (size_t i = 0; i + n < ENDLESS; i += n)
        memcpy (text + i, filler, n);
    if (*filler == 'x')
        for (size_t i = 199; i < ENDLESS; i += 200)
            text[i] = 'q';
    text[PATTERN_TEXT_MAX - 1] = text[ENDLESS - 1] = '!'; /* also where it is cut */
    return text;
}

static double cpu_ms (void)
{
    struct timespec t;
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Steps are counted, so that what gave up once gives up always. The time is only a wide bound: builds with sanitizers
 * are ten times slower. */
static void test_limit (void **state)
{
    double worst = 0;
    size_t gave_up = 0;
    (void)state;
    for (size_t k = 0; k < sizeof fillers / sizeof *fillers; k++) {
        char *text = endless (fillers[k]);
        for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
            double begun = cpu_ms ();
            pattern_found_t found = find (evil[i], text, text);
            double took = cpu_ms () - begun;
            worst = took > worst ? took : worst;
            gave_up += found == PATTERN_GAVE_UP;
            assert_int_equal (find (evil[i], text, text), found);
        }
        free (text);
    }
    printf ("worst pattern %.2f ms, %zu gave up\n", worst, gave_up);
    assert_true (gave_up > 10);
    assert_true (worst < 200);
}

/* Where a text is cut is not where it ends. */
static void test_cut (void **state)
{
    (void)state;
    char *text = endless (" ");
    text[PATTERN_TEXT_MAX - 1] = 'b';
    assert_int_equal (find ("b$", text, NULL), PATTERN_ABSENT);
    text[PATTERN_TEXT_MAX] = 0;
    assert_int_equal (find ("b$", text, NULL), PATTERN_FOUND);
    memcpy (text + PATTERN_TEXT_MAX - 2, "bä$", 5); /* within a character */
    assert_int_equal (find ("b(ä|$)", NULL, text), PATTERN_ABSENT);
    free (text);
}

/* A decision ends, however many patterns it has. */
static void test_all (void **state)
{
    enum { MANY = 1000 };
    pattern_fault_t fault;
    (void)state;
    pattern_t *pattern = pattern_new (evil[0], strlen (evil[0]), &fault);
    pattern_t *plain = pattern_new ("needle", 6, &fault);
    char *text = endless ("a");
    pattern_search_t *search = pattern_search_new (text, NULL);
    double begun = cpu_ms ();
    assert_int_equal (pattern_find (plain, search), PATTERN_ABSENT);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal (pattern_find (pattern, search), PATTERN_GAVE_UP);
    printf ("worst decision %.2f ms\n", cpu_ms () - begun);
    assert_true (cpu_ms () - begun < 500);
    assert_int_equal (pattern_find (plain, search), PATTERN_GAVE_UP); /* nothing is left */
    pattern_search_destroy (&search);
    search = pattern_search_new ("an ordinary message of a few words about a card", NULL);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal (pattern_find (plain, search), PATTERN_ABSENT);
    pattern_search_destroy (&search);
    pattern_destroy (&pattern);
    pattern_destroy (&plain);
    free (text);
}

/* -------------------------------------------------------------------- policy */

#define HEAD "workspace: w\npeople: {ada: {ways: [{log: x}]}}\nlast_resort: ada\n"

static policy_t *parse (const char *text)
{
    policy_errors_t errors;
    policy_t *policy = policy_parse (text, strlen (text), &errors);
    if (!policy)
        fail_msg ("%d:%d %s", errors.items[0].line, errors.items[0].column, errors.items[0].what);
    policy_errors_clear (&errors);
    return policy;
}

static void test_rules (void **state)
{
    static const struct {
        const char *subject, *text, *rule, *gave_up;
    } rows[] = {
        {"Order 12345", NULL, "orders", NULL}, {NULL, "my order #12345, please", "orders", NULL},
        {"no number", "at all", NULL, NULL},   {"swift", "DE89 3704 0044 0532 0130 00", "iban", NULL},
        {"iban", "none", NULL, NULL}, /* words and patterns both */
    };
    (void)state;
    policy_t *policy =
        parse (HEAD "rules:\n"
                    "  - {name: bad, when: {patterns: [\"(a+)+$\"]}, then: {priority: 1}}\n"
                    "  - {name: orders, when: {patterns: [\"ticket-\\\\d+\", \"\\\\border\\\\s+#?\\\\d{5}\\\\b\"]}, "
                    "then: {priority: 1}}\n"
                    "  - {name: iban, when: {words: [swift, iban], patterns: ['\\b[A-Z]{2}\\d\\d(?: ?\\w{4}){3,7}']}, "
                    "then: {priority: 2}}\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const policy_rule_t *gave_up;
        const policy_rule_t *rule = policy_choose_rule (
            policy, &(policy_subject_t){.subject = rows[i].subject, .text = rows[i].text}, &gave_up);
        assert_null (gave_up);
        assert_int_equal (rule != NULL, rows[i].rule != NULL);
        if (rule)
            assert_string_equal (rule->name, rows[i].rule);
    }
    char *text = endless ("a");
    const policy_rule_t *gave_up;
    const policy_subject_t about = {.subject = "order 12345", .text = text};
    assert_string_equal (policy_choose_rule (policy, &about, &gave_up)->name, "orders");
    assert_string_equal (gave_up->name, "bad");
    assert_string_equal (policy_match_rule (policy, &about)->name, "orders");
    free (text);
    policy_t *second = policy_ref (policy);
    policy_destroy (&policy);
    assert_string_equal (policy_match_rule (second, &(policy_subject_t){.subject = "ticket-1"})->name, "orders");
    policy_destroy (&second);
}

static void test_promises (void **state)
{
    (void)state;
    policy_t *policy = parse (HEAD "promises:\n"
                                   "  - {when: {patterns: [\"(x+x+)+y\"]}, first_response: 2h}\n"
                                   "  - {when: {patterns: [urgent]}, first_response: 1h}\n");
    promise_terms_t terms = policy_promise (policy, BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE,
                                            &(policy_subject_t){.subject = "URGENT"});
    assert_int_equal (terms.duration_ms, MS_PER_HOUR);
    assert_false (terms.gave_up);
    terms = policy_promise (policy, BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE,
                            &(policy_subject_t){.subject = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx urgent y"});
    assert_int_equal (terms.duration_ms, MS_PER_HOUR);
    assert_true (terms.gave_up);
    policy_destroy (&policy);
}

static void test_errors (void **state)
{
    static const struct {
        const char *value, *says;
    } rows[] = {
        {"['order ('] ", "parenthes"},
        {"['a', 'b{2,1}']", "out of order"},
        {"order", "is 'order'"},
        {"[[a]]", "is a list"},
        {"['(.)\\1']", "refers back"},
        {"[\"[z-a]\"]", "at byte 3"},
        {"[a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a]", "33 patterns"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        policy_errors_t errors;
        snprintf (text, sizeof text, HEAD "rules:\n  - {name: r, when: {patterns: %s}, then: {priority: 1}}\n",
                  rows[i].value);
        assert_null (policy_parse (text, strlen (text), &errors));
        if (errors.n != 1 || errors.items[0].line != 5 || !strstr (errors.items[0].what, rows[i].says))
            fail_msg ("row %zu: %zu errors, line %d: %s", i, errors.n, errors.items[0].line, errors.items[0].what);
        policy_errors_clear (&errors);
    }
}

static void test_languages (void **state)
{
    static const struct {
        const char *text;
        bool asks;
    } rows[] = {
        {HEAD, false},
        {HEAD "rules: [{name: r, when: {language: de}, then: {priority: 1}}]\n", true},
        {HEAD "rules: [{name: r, then: {speak: yes}}]\n", true},
        {HEAD "rules: [{name: r, when: {words: [a]}, then: {priority: 1}}]\n", false},
        {HEAD "promises: [{when: {language: fr}, first_response: 1h}]\n", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        policy_t *policy = parse (rows[i].text);
        assert_int_equal (policy->languages, rows[i].asks);
        policy_destroy (&policy);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_find),     cmocka_unit_test (test_refused), cmocka_unit_test (test_limit),
        cmocka_unit_test (test_cut),      cmocka_unit_test (test_all),     cmocka_unit_test (test_rules),
        cmocka_unit_test (test_promises), cmocka_unit_test (test_errors),  cmocka_unit_test (test_languages),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
