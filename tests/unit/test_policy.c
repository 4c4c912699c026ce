/* test_policy.c - the questions that decisions ask of a policy: look-ups, matching, promises, gaps filled. */
#include "calendar.h"
#include "policy.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ACKNOWLEDGE    BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_ACKNOWLEDGE
#define FIRST_RESPONSE BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE
#define NEXT_RESPONSE  BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_NEXT_RESPONSE
#define RESOLUTION     BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_RESOLUTION
#define CALLBACK       BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_CALLBACK

static policy_t *parse (const char *text)
{
    policy_errors_t errors;
    policy_t *policy = policy_parse (text, strlen (text), &errors);
    for (size_t i = 0; i < errors.n; i++)
        print_error ("%d:%d %s; expected %s\n", errors.items[i].line, errors.items[i].column, errors.items[i].what,
                     errors.items[i].expected);
    assert_non_null (policy);
    assert_int_equal (errors.n, 0);
    policy_errors_clear (&errors);
    return policy;
}

static policy_t *parse_file (const char *name)
{
    char path[512], *text = calloc (1, 1 << 20);
    snprintf (path, sizeof path, "%s/../deploy/policies/%s", TESTS_DIR, name);
    FILE *file = fopen (path, "rb");
    assert_non_null (file);
    assert_true (fread (text, 1, (1 << 20) - 1, file) > 0);
    fclose (file);
    policy_t *policy = parse (text);
    free (text);
    return policy;
}

/* ---- the example, field by field */

static void test_example_people (void **state)
{
    (void)state;
    policy_t *policy = parse_file ("example.yaml");
    const policy_person_t *ada = policy_person (policy, "ada"), *ben = policy_person (policy, "ben");
    assert_string_equal (policy->workspace, "example");
    assert_int_equal (policy->version, 0);
    assert_ptr_equal (policy->last_resort, policy_person (policy, "dana"));
    assert_ptr_equal (policy->manager, policy->last_resort);
    assert_ptr_equal (policy->default_team, policy_team (policy, "front"));
    assert_int_equal (policy->dry_kind, BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG);
    assert_string_equal (policy->mail_from, "Support <support@example.com>");
    assert_string_equal (policy->link_base, "https://support.example.com");
    assert_string_equal (ada->display, "Ada L.");
    assert_int_equal (ada->skills_n, 2);
    assert_string_equal (ada->skills[0].name, "cards");
    assert_int_equal (ada->skills[0].level, 3);
    assert_int_equal (ada->languages_n, 2);
    assert_string_equal (ada->languages[1], "de");
    assert_int_equal (ada->capacity, 100);
    assert_int_equal (ben->capacity, 150);
    assert_ptr_equal (ada->shift, policy_hours (policy, "office"));
    assert_ptr_equal (ada->quiet, policy_hours (policy, "nights"));
    assert_null (ben->quiet);
    assert_int_equal (ada->ways_n, 3);
    assert_int_equal (ada->ways[2].kind, BUCKSTOP__V1__WAY_KIND__WAY_KIND_WEBHOOK);
    assert_string_equal (ada->ways[2].secret, "ada-key");
    assert_int_equal (ada->ways[2].delay_ms, 5 * MS_PER_MINUTE);
    const policy_team_t *cards = policy_team (policy, "cards");
    assert_string_equal (cards->lead->name, "eva");
    assert_true (policy_team_has (cards, "ada"));
    assert_false (policy_team_has (cards, "ben"));
    assert_false (policy_team_has (NULL, "ben"));
    assert_false (policy_team_has (cards, NULL));
    policy_destroy (&policy);
    assert_null (policy);
}

static void test_example_rules (void **state)
{
    (void)state;
    policy_t *policy = parse_file ("example.yaml");
    const policy_rule_t *gold = policy_rule (policy, "gold-cards");
    assert_string_equal (gold->team->name, "cards");
    assert_int_equal (gold->skills[0].level, 2);
    assert_true (gold->need_language);
    assert_int_equal (gold->priority, 1);
    assert_string_equal (gold->prefer->name, "ada");
    assert_int_equal (gold->prefer_ms, 2 * MS_PER_MINUTE);
    assert_int_equal (gold->relax_n, 2);
    assert_true (gold->relax[0].drop_skills && !gold->relax[0].drop_language && !gold->relax[0].any_team);
    assert_true (!gold->relax[1].drop_skills && gold->relax[1].drop_language && gold->relax[1].any_team);
    assert_int_equal (gold->when.priority_min, 0);
    assert_int_equal (policy_rule (policy, "cards")->when.priority_min, INT_MIN);

    const policy_ladder_t *standard = policy_ladder (policy, "standard");
    assert_ptr_equal (standard, &policy->ladders[0]);
    assert_ptr_equal (policy_ladder (policy, ""), standard);
    assert_ptr_equal (policy_ladder (policy, "gone"), standard);
    assert_int_equal (standard->steps_n, 3);
    assert_int_equal (standard->steps[0].percent, 80);
    assert_int_equal (standard->steps[1].percent, 100);
    assert_int_equal (standard->steps[1].priority, 1);
    assert_int_equal (standard->steps[1].tell[1].kind, TELL_LEAD);
    const policy_step_t *last = &standard->steps[2];
    assert_int_equal (last->percent, 100);
    assert_int_equal (last->after_ms, 5 * MS_PER_MINUTE);
    assert_string_equal (last->tell[1].person->name, "eva");
    assert_int_equal (last->move->kind, TELL_LEAD);
    assert_int_equal (last->repeat_ms, 10 * MS_PER_MINUTE);
    assert_int_equal (last->repeat_max, 3);
    assert_true (last->urgent);
    assert_int_equal (policy_ladder (policy, "gentle")->steps[3].repeat_max, 10);
    assert_string_equal (policy_ladder (policy, "gentle")->steps[2].tell[1].team->name, "front");
    policy_destroy (&policy);
}

/* The demo is read; each of its people has a way, each rule a team. */
static void test_demo (void **state)
{
    (void)state;
    policy_t *policy = parse_file ("demo.yaml");
    assert_int_equal (policy->dry_kind, BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG);
    for (size_t i = 0; i < policy->people_n; i++)
        assert_int_equal (policy->people[i].ways[0].kind, BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG);
    static const struct {
        const char *text, *rule;
    } rows[] = {
        {"I am still waiting on my card?", "cards"},
        {"How do I change my PIN?", "cards"},
        {"My top-up failed!", "cash"},
        {"The ATM swallowed my card", "cash"},
        {"Why was my transfer declined", "transfers"},
        {"when will my refund arrive", "transfers"},
        {"I can't verify my identity", "account"},
        {"I forgot my passcode.", "account"},
        {"Good morning", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const policy_rule_t *rule =
            policy_match_rule (policy, &(policy_subject_t){.channel = "chat", .text = rows[i].text});
        if (rows[i].rule)
            assert_string_equal (rule->name, rows[i].rule);
        else
            assert_null (rule);
    }
    policy_destroy (&policy);
}

/* ---- gaps */

static const char least[] = "workspace: w\nlast_resort: ada\npeople: { ada: {}, ben: {} }\n";

static void test_gaps_are_filled (void **state)
{
    (void)state;
    policy_t *policy = parse (least);
    assert_string_equal (policy->manager->name, "ada");
    assert_int_equal (policy->teams_n, 1);
    assert_ptr_equal (policy->default_team, &policy->teams[0]);
    assert_string_equal (policy->default_team->lead->name, "ada");
    assert_true (policy_team_has (policy->default_team, "ben"));
    assert_int_equal (policy->channels_n, 4);
    assert_true (policy_channel (policy, "phone")->live);
    assert_false (policy_channel (policy, "mail")->live);
    assert_int_equal (policy->people[1].capacity, 100);
    assert_string_equal (policy->people[1].display, "ben");
    assert_string_equal (policy->people[1].ways[0].address, "ben");
    assert_int_equal (policy->ladders_n, 1);
    assert_int_equal (policy->ladders[0].steps_n, 3);
    assert_int_equal (policy->ladders[0].steps[2].tell[0].kind, TELL_MANAGER);
    assert_null (policy->link_base);
    assert_int_equal (policy->dry_kind, 0);
    assert_non_null (policy->mail_from);
    assert_int_equal (policy->presence_ms, 60000);
    assert_int_equal (policy->transfers_max, 3);
    assert_int_equal (policy->makeup_max, 2);
    assert_int_equal (policy->retain_ms, 7 * MS_PER_DAY);
    assert_true (policy->keep_events_ms == 7 * MS_PER_DAY && policy->keep_closed_ms == 7 * MS_PER_DAY);
    assert_false (policy->archive_required);
    static const char *const purposes[] = {"offer",    "assigned",    "step",    "nobody", "review",
                                           "returned", "acknowledge", "apology", "reply",  "set_aside",
                                           "bundle",   "unreached",   "message", "taken",  "over"};
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
        const policy_template_t *words = policy_template (policy, purposes[i]);
        assert_true (words && *words->subject && *words->body);
    }
    policy_destroy (&policy);
}

/* Each by itself; what is not said is as `retain` says. */
static void what_is_kept_and_archived (void **state)
{
    (void)state;
    policy_t *policy = parse ("workspace: acme\nlast_resort: ada\npeople: { ada: {} }\n"
                              "settings: { retain: 5d, keep: { closed: 30d }, archive: required }\n");
    assert_true (policy->keep_events_ms == 5 * MS_PER_DAY && policy->keep_closed_ms == 30 * MS_PER_DAY);
    assert_true (policy->archive_required);
    policy_destroy (&policy);
}

static void test_default_ladder_by_name (void **state)
{
    (void)state;
    char text[512];
    snprintf (text, sizeof text,
              "%sladders: { a: [{ at: due, tell: [owner] }], b: [{ at: due, tell: [lead] }],"
              " default: [{ at: due, tell: [manager] }], c: [{ at: due, tell: [lead] }] }\n"
              "promises: [{ first_response: 5m, ladder: b }]\n",
              least);
    policy_t *policy = parse (text);
    static const char *const order[] = {"default", "a", "b", "c"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal (policy->ladders[i].name, order[i]);
    assert_string_equal (policy_ladder (policy, NULL)->name, "default");
    assert_string_equal (policy->promises[0].ladder->name, "b");
    policy_destroy (&policy);
}

static void test_dry (void **state)
{
    (void)state;
    static const struct {
        const char *dry;
        way_kind_t kind;
        const char *address;
    } rows[] = {
        {"log", BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG, "dry"},
        {"\"mail:a@b.example\"", BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL, "a@b.example"},
        {"a@b.example", BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL, "a@b.example"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        snprintf (text, sizeof text, "%sdry: %s\n", least, rows[i].dry);
        policy_t *policy = parse (text);
        assert_int_equal (policy->dry_kind, rows[i].kind);
        assert_string_equal (policy->dry, rows[i].address);
        policy_destroy (&policy);
    }
}

static void test_links (void **state)
{
    (void)state;
    char text[256];
    snprintf (text, sizeof text, "%slinks: http://127.0.0.1:7400/in//\n", least);
    policy_t *policy = parse (text);
    assert_string_equal (policy->link_base, "http://127.0.0.1:7400/in");
    policy_destroy (&policy);
}

static void test_lookups_of_nothing (void **state)
{
    (void)state;
    policy_t *policy = parse (least);
    static const char *const names[] = {NULL, "", "ADA", "ada ", "zz"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_null (policy_channel (policy, names[i]));
        assert_null (policy_team (policy, names[i]));
        assert_null (policy_person (policy, names[i]));
        assert_null (policy_rule (policy, names[i]));
        assert_null (policy_hours (policy, names[i]));
        assert_null (policy_template (policy, names[i]));
        assert_non_null (policy_ladder (policy, names[i]));
    }
    policy_destroy (&policy);
}

/* The last owner frees; a sanitizer would tell of any other. */
static void test_owners (void **state)
{
    (void)state;
    policy_t *policy = parse (least), *second = policy_ref (policy);
    const uint8_t key[32] = {7};
    policy_stamp (policy, 12, key);
    assert_ptr_equal (policy, second);
    policy_destroy (&policy);
    assert_null (policy);
    assert_string_equal (second->workspace, "w");
    assert_int_equal (second->version, 12);
    assert_memory_equal (second->link_key, key, sizeof key);
    policy_destroy (&second);
    policy_destroy (&second);
}

/* ---- matching */

static void test_match (void **state)
{
    (void)state;
    policy_t *policy = parse_file ("example.yaml");
    static const struct {
        const char *name;
        policy_subject_t about;
        const char *expect;
    } rows[] = {
        {"all of it", {"chat", "gold", "de", "Meine Karte", "", 0}, "gold-cards"},
        {"a region of the language", {"chat", "gold", "de-AT", "", "KARTE", 0}, "gold-cards"},
        {"another language", {"chat", "gold", "den", "card", "", 0}, "cards"},
        {"no language", {"chat", "gold", NULL, "card", "", 0}, "cards"},
        {"another tier", {"chat", "silver", "de", "card", "", 0}, "cards"},
        {"no tier", {"chat", NULL, "de", "card", "", 0}, "cards"},
        {"another channel", {"mail", "gold", "de", "card", "", 0}, "cards"},
        {"priority too low", {"chat", "gold", "de", "card", "", -1}, "cards"},
        {"case is folded", {"mail", NULL, NULL, "CaRd", NULL, 0}, "cards"},
        {"within the text", {"mail", NULL, NULL, NULL, "where is my pin?", 0}, "cards"},
        {"not within a word", {"mail", NULL, NULL, "cardigan", "pinned discard", 0}, NULL},
        {"beside signs", {"mail", NULL, NULL, "my (card)!", NULL, 0}, "cards"},
        {"an apostrophe ends a word", {"mail", NULL, NULL, "the card\xE2\x80\x99s chip", NULL, 0}, "cards"},
        {"a letter beyond ASCII does not",
         {"mail", NULL, NULL,
          "card\xC3\xA9 \xC3\xA9"
          "card",
          NULL, 0},
         NULL},
        {"words in a row", {"mail", NULL, NULL, "the cash-machine", NULL, 0}, "cards"},
        {"over a line's end", {"mail", NULL, NULL, "", "the cash\n machine", 0}, "cards"},
        {"not from subject into text", {"mail", NULL, NULL, "cash", "machine", 0}, NULL},
        {"one of them alone", {"mail", NULL, NULL, "cash", "", 0}, NULL},
        {"a later rule", {"mail", NULL, NULL, "refund", "", 0}, "transfers"},
        {"the first wins", {"mail", NULL, NULL, "refund my card", "", 0}, "cards"},
        {"nothing at all", {NULL, NULL, NULL, NULL, NULL, 0}, NULL},
        {"bytes that are not text", {"mail", NULL, NULL, "\xff\xc3", "\xe2\x80 card\xff", 0}, "cards"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const policy_rule_t *rule = policy_match_rule (policy, &rows[i].about);
        const char *found = rule ? rule->name : "(none)", *expect = rows[i].expect ? rows[i].expect : "(none)";
        if (strcmp (found, expect) != 0)
            print_error ("%s: %s, not %s\n", rows[i].name, found, expect);
        assert_string_equal (found, expect);
    }
    policy_destroy (&policy);
}

static void test_folding (void **state)
{
    (void)state;
    static const struct {
        const char *word, *text;
        bool expect;
    } rows[] = {
        {"stra\xC3\x9F"
         "e",
         "die STRA\xC3\x9F"
         "E",
         true}, /* sharp s has no capital here */
        {"\xC3\xBC"
         "berweisung",
         "\xC3\x9C"
         "BERWEISUNG",
         true}, /* Ue */
        {"\xC3\x89"
         "t\xC3\xA9",
         "\xC3\xA9t\xC3\x89", true},
        {"\xCE\xB1\xCE\xB2", "\xCE\x91\xCE\x92", true},                                                 /* Greek */
        {"\xD0\xBA\xD0\xB0\xD1\x80\xD1\x82\xD0\xB0", "\xD0\x9A\xD0\x90\xD0\xA0\xD0\xA2\xD0\x90", true}, /* Cyrillic */
        {"\xC5\xBE\xC5\x82", "\xC5\xBD\xC5\x81", true},
        {"top up", "my TOP-UP", true},
        {"top-up", "my top  up", true},
        {"top up", "stop up", false},
        {"top up", "top upper", false},
        {"--", "-- --", false}, /* no letters: nothing */
        {"\xE5\x8D\xA1", "\xE5\x8D\xA1", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        snprintf (text, sizeof text, "%srules: [{ name: r, when: { words: [\"%s\"] }, then: {} }]\n", least,
                  rows[i].word);
        policy_t *policy = parse (text);
        const policy_rule_t *rule = policy_match_rule (policy, &(policy_subject_t){.text = rows[i].text});
        if ((rule != NULL) != rows[i].expect)
            print_error ("'%s' in '%s'\n", rows[i].word, rows[i].text);
        assert_int_equal (rule != NULL, rows[i].expect);
        policy_destroy (&policy);
    }
}

/* A long text costs a bounded time: words behind the first 64 KiB are not looked for. */
static void test_long_text (void **state)
{
    (void)state;
    policy_t *policy = parse_file ("example.yaml");
    char *text = malloc (TEXT_MAX + 1);
    memset (text, 'x', TEXT_MAX);
    memcpy (text + 60000, " card ", 6);
    text[TEXT_MAX] = 0;
    assert_string_equal (policy_match_rule (policy, &(policy_subject_t){.text = text})->name, "cards");
    memset (text + 60000, 'x', 6);
    memcpy (text + 70000, " card ", 6);
    assert_null (policy_match_rule (policy, &(policy_subject_t){.text = text}));
    free (text);
    policy_destroy (&policy);
}

/* ---- promises */

static void test_promises (void **state)
{
    (void)state;
    policy_t *example = parse_file ("example.yaml"), *none = parse (least);
    static const struct {
        const char *name, *channel, *tier;
        promise_kind_t kind;
        bool builtin; /* of a policy that says nothing */
        int64_t duration;
        const char *hours, *ladder;
    } rows[] = {
        {"the row", "chat", "gold", FIRST_RESPONSE, false, 45 * MS_PER_SECOND, "", "standard"},
        {"its other kind", "chat", "gold", RESOLUTION, false, 4 * MS_PER_HOUR, "", "standard"},
        {"another row, on hours", "mail", NULL, NEXT_RESPONSE, false, 8 * MS_PER_HOUR, "office", "gentle"},
        {"no row: live", "chat", "silver", FIRST_RESPONSE, false, 60 * MS_PER_SECOND, "", ""},
        {"no row: deferred", "form", NULL, FIRST_RESPONSE, false, 24 * MS_PER_HOUR, "", ""},
        {"chat", "chat", NULL, FIRST_RESPONSE, true, 60 * MS_PER_SECOND, "", ""},
        {"phone", "phone", NULL, FIRST_RESPONSE, true, 60 * MS_PER_SECOND, "", ""},
        {"mail", "mail", NULL, FIRST_RESPONSE, true, 24 * MS_PER_HOUR, "", ""},
        {"form", "form", NULL, FIRST_RESPONSE, true, 24 * MS_PER_HOUR, "", ""},
        {"live acknowledgement", "chat", NULL, ACKNOWLEDGE, true, 30 * MS_PER_SECOND, "", ""},
        {"deferred acknowledgement", "mail", NULL, ACKNOWLEDGE, true, MS_PER_HOUR, "", ""},
        {"next as first", "phone", NULL, NEXT_RESPONSE, true, 60 * MS_PER_SECOND, "", ""},
        {"a call back", "phone", NULL, CALLBACK, true, 15 * MS_PER_MINUTE, "", ""},
        {"a call back, by a row", "phone", NULL, CALLBACK, false, 10 * MS_PER_MINUTE, "", "standard"},
        {"no resolution", "chat", NULL, RESOLUTION, true, 0, "", ""},
        {"no kind", "chat", NULL, 0, true, 0, "", ""},
        {"an unknown kind", "chat", NULL, PROMISE_KINDS, true, 0, "", ""},
        {"an unknown channel", "fax", NULL, FIRST_RESPONSE, true, 24 * MS_PER_HOUR, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        policy_subject_t about = {.channel = rows[i].channel, .tier = rows[i].tier};
        promise_terms_t terms = policy_promise (rows[i].builtin ? none : example, rows[i].kind, &about);
        if (terms.duration_ms != rows[i].duration)
            print_error ("%s: %lld\n", rows[i].name, (long long)terms.duration_ms);
        assert_true (terms.duration_ms == rows[i].duration);
        assert_string_equal (terms.hours, rows[i].hours);
        assert_string_equal (terms.ladder, rows[i].ladder);
    }
    policy_destroy (&example);
    policy_destroy (&none);
}

/* A row that names only a first response also speaks for the next ones. */
static void test_next_follows_first (void **state)
{
    (void)state;
    char text[512];
    snprintf (text, sizeof text,
              "%spromises: [{ when: { channel: chat }, first_response: 5s }, { first_response: 9m }]\n", least);
    policy_t *policy = parse (text);
    policy_subject_t chat = {.channel = "chat"}, mail = {.channel = "mail"};
    assert_int_equal (policy_promise (policy, NEXT_RESPONSE, &chat).duration_ms, 5000);
    assert_int_equal (policy_promise (policy, NEXT_RESPONSE, &mail).duration_ms, 9 * MS_PER_MINUTE);
    policy_destroy (&policy);
}

/* Telephone systems write numbers as they like. */
static void who_answers_a_call (void **state)
{
    (void)state;
    static const char text[] = "workspace: desk\nlast_resort: ada\npeople:\n"
                               "  ada: { phone: \"+49 (30) 123-4567\" }\n  ben: { phone: \"17\" }\n  eva: {}\n";
    static const struct {
        const char *who, *name; /* NULL: nobody */
    } rows[] = {{"ada", "ada"},
                {"+49301234567", "ada"},
                {"+49 30 1234567", "ada"},
                {"(17)", "ben"},
                {"eva", "eva"},
                {"+4930123456", NULL},
                {"+493012345678", NULL},
                {"1", NULL},
                {"zoe", NULL},
                {"", NULL},
                {" ", NULL},
                {NULL, NULL}};
    policy_errors_t errors;
    policy_t *policy = policy_parse (text, strlen (text), &errors);
    assert_non_null (policy);
    assert_string_equal (policy_person (policy, "ada")->phone, "+49301234567");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const policy_person_t *person = policy_person_called (policy, rows[i].who);
        assert_int_equal (person != NULL, rows[i].name != NULL);
        if (person)
            assert_string_equal (person->name, rows[i].name);
    }
    policy_destroy (&policy);
    static const char *const bad[] = {"1",          "+49abc", "+",
                                      "49 30 & 17", "[17]",   "\"+490000000000000000000000000000000000\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char one[256];
        snprintf (one, sizeof one, "workspace: desk\nlast_resort: ada\npeople: { ada: { phone: %s } }\n", bad[i]);
        assert_null (policy_parse (one, strlen (one), &errors));
        assert_non_null (strstr (errors.items[0].what, "phone of person 'ada' is"));
        policy_errors_clear (&errors);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (who_answers_a_call),
        cmocka_unit_test (test_example_people),
        cmocka_unit_test (what_is_kept_and_archived),
        cmocka_unit_test (test_example_rules),
        cmocka_unit_test (test_demo),
        cmocka_unit_test (test_gaps_are_filled),
        cmocka_unit_test (test_default_ladder_by_name),
        cmocka_unit_test (test_dry),
        cmocka_unit_test (test_links),
        cmocka_unit_test (test_lookups_of_nothing),
        cmocka_unit_test (test_owners),
        cmocka_unit_test (test_match),
        cmocka_unit_test (test_folding),
        cmocka_unit_test (test_long_text),
        cmocka_unit_test (test_promises),
        cmocka_unit_test (test_next_follows_first),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
