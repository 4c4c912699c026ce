/* test_work_copy.c - an order owns all that its event says: what the caller has may go at once. */
#include "work_copy.h"

#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { WORDS_MAX = 128 };
static char *words[WORDS_MAX];
static size_t words_n;

/* A word of its own, that goes before it is read. */
static const char *word (const char *name)
{
    assert_true (words_n < WORDS_MAX);
    words[words_n] = xstrdup (name);
    return words[words_n++];
}

static void words_go (void)
{
    for (; words_n; words_n--) {
        char *gone = words[words_n - 1];
        memset (gone, 'x', strlen (gone));
        free (gone);
    }
}

/* Every string of it has another name: none is forgotten, none is taken for another. */
static submission_t said (attachment_t *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char name[32];
        snprintf (name, sizeof name, "file %zu", i);
        files[i] = (attachment_t){word (name), word ("type"), word ("hash"), word ("note"), i};
    }
    return (submission_t){.channel = word ("channel"),
                          .subject = word ("subject"),
                          .text = word ("text"),
                          .customer = word ("customer"),
                          .customer_name = word ("customer_name"),
                          .thread = word ("thread"),
                          .message_id = word ("message_id"),
                          .language = word ("language"),
                          .tier = word ("tier"),
                          .return_to = word ("return_to"),
                          .continues = word ("continues"),
                          .fresh = word ("fresh"),
                          .call_person = word ("call_person"),
                          .customer_id = word ("customer_id"),
                          .tier_known = word ("tier_known"),
                          .owner_known = word ("owner_known"),
                          .linked = word ("linked"),
                          .linked_owner = word ("linked_owner"),
                          .customer_ids = word ("customer_ids"),
                          .attachments = files,
                          .attachments_n = n};
}

#define IS(field) assert_string_equal (s->field, #field)

static void test_submission (void **state)
{
    (void)state;
    attachment_t files[ATTACHMENTS_MAX];
    submission_t submission = said (files, ATTACHMENTS_MAX);
    contact_event_t event = {
        .kind = EVENT_OPEN, .by = word ("by"), .person = NULL, .detail = word ("detail"), .submission = &submission};
    work_copy_t copy;
    work_copy_make (&copy, &event);
    words_go ();
    memset (files, 0, sizeof files);
    memset (&submission, 0, sizeof submission);
    const submission_t *s = copy.event.submission;
    IS (channel), IS (subject), IS (text), IS (customer), IS (customer_name), IS (thread), IS (message_id);
    IS (language), IS (tier), IS (return_to), IS (continues), IS (fresh), IS (call_person), IS (customer_id);
    IS (tier_known), IS (owner_known), IS (linked), IS (linked_owner), IS (customer_ids);
    assert_int_equal (s->attachments_n, ATTACHMENTS_MAX);
    assert_string_equal (s->attachments[15].name, "file 15");
    assert_string_equal (s->attachments[15].note, "note");
    assert_int_equal (s->attachments[15].size, 15);
    assert_string_equal (copy.event.by, "by");
    assert_null (copy.event.person);
    work_copy_clear (&copy);
    work_copy_clear (&copy); /* tolerated */
}

static void test_without (void **state)
{
    (void)state;
    contact_event_t event = {.kind = EVENT_TIME};
    work_copy_t copy;
    work_copy_make (&copy, &event);
    assert_null (copy.event.submission);
    work_copy_clear (&copy);
    submission_t submission = said (NULL, 0);
    event.submission = &submission;
    work_copy_make (&copy, &event);
    words_go ();
    assert_int_equal (copy.event.submission->attachments_n, 0);
    work_copy_clear (&copy);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_submission), cmocka_unit_test (test_without)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
