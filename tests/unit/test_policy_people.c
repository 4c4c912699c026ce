/* test_policy_people.c - people that a file brings: who counts, who is in which team, and what stays as it was. */
#include "policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD            "workspace: desk\nlast_resort: dana\npeople_from: people.yaml\n"
#define OWN             "people:\n  dana: { name: Dana }\n  ada: { capacity: 7 }\nteams:\n  front: { lead: dana, members: [ada] }\n"
#define FILE_OF(people) "---\nfile: \"people.yaml\"\npeople:\n" people

typedef struct people_row {
    const char *name, *text;
    const char *error; /* part of the first one; NULL: none */
    int line;
    const char *people, *front; /* names in order; members of the team */
} people_row_t;

static const people_row_t rows[] = {
    {"a person more", HEAD OWN FILE_OF ("  eve: { name: Eve }\n"), NULL, 0, "dana ada eve ", "ada "},
    {"one of both: what the policy says counts",
     HEAD OWN FILE_OF ("  ada: { name: Ada, capacity: 99 }\n  eve:\n    teams: [front]\n"), NULL, 0, "dana ada eve ",
     "ada eve "},
    {"a member already", HEAD OWN FILE_OF ("  ada: { teams: [front] }\n"), NULL, 0, "dana ada ", "ada "},
    {"a lead from the list",
     "workspace: desk\nlast_resort: dana\npeople_from: people.yaml\npeople:\n  dana: {}\nteams:\n  front: { lead: eve, "
     "members: [eve] }\n" FILE_OF ("  eve: {}\n"),
     NULL, 0, "dana eve ", "eve "},
    {"an own person says it, too",
     "workspace: desk\nlast_resort: dana\npeople:\n  dana: { teams: [front] }\nteams:\n  front: { lead: dana, members: "
     "[] "
     "}\n",
     NULL, 0, "dana ", "dana "},
    {"a team that is none", HEAD OWN FILE_OF ("  eve: {}\n  fay: { teams: [nosuch] }\n"), "no team 'nosuch'", 13, "",
     ""},
    {"the file is not there", HEAD OWN, "people_from is 'people.yaml'", 3, "", ""},
    {"the file says something else", HEAD OWN "---\nfile: \"people.yaml\"\nteams: {}\n", "lacks 'people'", 10, "", ""},
    {"a mistake in it", HEAD OWN FILE_OF ("  eve: { capicity: 3 }\n"), "unknown key 'capicity'", 12, "", ""},
    {"a bad name in it", HEAD OWN FILE_OF ("  \"e v e\": {}\n"), "is no name for a person", 12, "", ""},
};

static void names_of (const policy_person_t *const *people, size_t n, char *text)
{
    *text = '\0';
    for (size_t i = 0; i < n; i++)
        strcat (strcat (text, people[i]->name), " ");
}

static void check_policy (const people_row_t *row, const policy_t *policy)
{
    const policy_person_t *people[16];
    char names[256];
    for (size_t i = 0; i < policy->people_n; i++)
        people[i] = &policy->people[i];
    names_of (people, policy->people_n, names);
    if (strcmp (names, row->people) != 0)
        fail_msg ("%s: people are '%s'", row->name, names);
    const policy_team_t *front = policy_team (policy, "front");
    names_of (front->members, front->members_n, names);
    if (strcmp (names, row->front) != 0)
        fail_msg ("%s: in front are '%s'", row->name, names);
}

static void test_rows (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const people_row_t *row = &rows[i];
        policy_errors_t errors;
        policy_t *policy = policy_parse (row->text, strlen (row->text), &errors);
        if (!policy && !row->error)
            fail_msg ("%s: %d: %s", row->name, errors.items[0].line, errors.items[0].what);
        else if (!policy && (!strstr (errors.items[0].what, row->error) || errors.items[0].line != row->line))
            fail_msg ("%s: said in line %d: %s", row->name, errors.items[0].line, errors.items[0].what);
        else if (policy && row->error)
            fail_msg ("%s: no error", row->name);
        else if (policy)
            check_policy (row, policy);
        policy_destroy (&policy);
        policy_errors_clear (&errors);
    }
}

static void test_both (void **state)
{
    (void)state;
    policy_errors_t errors;
    const char *text = rows[1].text;
    policy_t *policy = policy_parse (text, strlen (text), &errors);
    assert_non_null (policy);
    assert_string_equal (policy_person (policy, "ada")->display, "Ada");
    assert_int_equal (policy_person (policy, "ada")->capacity, 7);
    assert_int_equal (policy_person (policy, "eve")->capacity, 100);
    policy_destroy (&policy);
}

/* Which files a text wants; and one of them in place of what it holds. */
static void test_files (void **state)
{
    (void)state;
    static const char text[] = HEAD "channels: { sms: { use: sms.yaml } }\n" OWN;
    char **names = policy_uses (text, strlen (text)), *file = policy_people_file (text, strlen (text));
    assert_string_equal (names[0], "sms.yaml");
    assert_string_equal (names[1], "people.yaml");
    assert_null (names[2]);
    assert_string_equal (file, "people.yaml");
    for (size_t i = 0; names[i]; i++)
        free (names[i]);
    free (names);
    free (file);
    size_t size;
    char *one = policy_append_used (text, strlen (text), "people.yaml", "people:\n  eve: {}\n", 18, &size);
    char *two = policy_append_used (one, size, "sms.yaml", "weight: 3\n", 10, &size);
    char *four = policy_replace_used (text, strlen (text), "people.yaml", "people: {}\n", 11, &size);
    assert_non_null (strstr (four, "---\nfile: \"people.yaml\"\npeople: {}\n"));
    char *three = policy_replace_used (two, strlen (two), "people.yaml", "people:\n  gus: {}\n", 18, &size);
    assert_int_equal (strlen (three), size);
    assert_memory_equal (three, text, strlen (text));
    assert_non_null (
        strstr (three, OWN "---\nfile: \"sms.yaml\"\nweight: 3\n---\nfile: \"people.yaml\"\npeople:\n  gus: {}\n"));
    assert_null (strstr (three, "eve"));
    free (one), free (two), free (three), free (four);
}

/* Two spellings of one mailbox are one; a word for the log is no mailbox. */
static void test_mail (void **state)
{
    (void)state;
    static const char text[] =
        "workspace: desk\nlast_resort: dana\nchannels:\n"
        "  pager: { answer: none, out: { url: 'https://x.example/{to}', body: { k: '{text}' } } }\n"
        "people:\n"
        "  dana: { ways: [{ log: dana }, { mail: Dana.R@Desk.Example }] }\n"
        "  ada: { ways: [{ mail: shared@desk.example }, { mail: ada@desk.example, after: 5m }] }\n"
        "  ben: { ways: [{ mail: shared@desk.example }, { channel: pager, to: ben@desk.example }] }\n"
        "  lea: {}\n";
    static const struct {
        const char *address, *person;
    } addresses[] = {
        {"dana.r@desk.example", "dana"},
        {"Dana <DANA.R@desk.EXAMPLE>", "dana"},
        {"dana@desk.example", ""},
        {"ada@desk.example", "ada"},
        {"shared@desk.example", "ada"},
        {"ben@desk.example", "ben"},
        {"ben@desk.example.org", ""},
        {"ben", ""},
        {"", ""},
    };
    policy_errors_t errors;
    policy_t *policy = policy_parse (text, strlen (text), &errors);
    if (!policy)
        fail_msg ("%d: %s", errors.items[0].line, errors.items[0].what);
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        const policy_person_t *person = policy_person_by_mail (policy, addresses[i].address);
        if (strcmp (person ? person->name : "", addresses[i].person) != 0)
            fail_msg ("%s is %s", addresses[i].address, person ? person->name : "nobody");
        assert_int_equal (policy_person_has_mail (person, addresses[i].address), person != NULL);
    }
    assert_true (policy_person_has_mail (policy_person (policy, "ben"), "shared@desk.example"));
    assert_false (policy_person_has_mail (policy_person (policy, "ben"), "ada@desk.example"));
    policy_destroy (&policy);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_rows), cmocka_unit_test (test_both),
                                       cmocka_unit_test (test_files), cmocka_unit_test (test_mail)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
