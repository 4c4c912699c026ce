/* test_policy_secrets.c - which files a policy needs, and that a missing one is named with what needs it. */
#include "policy_secrets.h"
#include "secrets_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char text[] =
    "workspace: desk\nlast_resort: ada\n"
    "channels:\n"
    "  chat: { answer: callback }\n"
    "  sms:\n"
    "    answer: channel\n"
    "    settings: { file: sms-token, sign: sms-sign }\n"
    "    in: { content: json, verify: { hmac: sha256, value: '{@header.X-S}', secret: '{set.sign}' }, sender: "
    "'{from}', text: "
    "'{text}',\n"
    "          challenge: { when: '{c}', answer: '{c}', token: '{t}', secret: sms-ask } }\n"
    "    out: { url: 'https://x.example/', auth: { bearer: '{set.file}' }, body: { a: '{text}' } }\n"
    "  pager: { answer: none, out: { url: 'https://x.example/', auth: { body: pager }, body: { k: '{secret}' } } }\n"
    "  idle: { answer: none, out: { url: 'https://x.example/', auth: { bearer: unused }, body: { k: v } } }\n"
    "people: { ada: { ways: [{ channel: pager }, { webhook: 'https://x.example/', secret: hook }] } }\n"
    "teams: { front: { lead: ada, members: [ada] } }\n";

static policy_t *parsed (const char *yaml)
{
    policy_errors_t errors = {0};
    policy_t *policy = policy_parse (yaml, strlen (yaml), &errors);
    if (!policy)
        print_message ("%s\n", errors.items[0].what);
    policy_errors_clear (&errors);
    return policy;
}

static void note (void *arg, const policy_secret_t *secret)
{
    char *list = arg;
    sprintf (list + strlen (list), "%s:%s:%s\n", secret->reader == READER_INTAKE ? "in" : "out", secret->name,
             secret->what);
}

static void test_all (void **state)
{
    (void)state;
    char list[2048] = "";
    policy_t *policy = parsed (text);
    assert_non_null (policy);
    policy_secrets (policy, note, list);
    assert_string_equal (list, "out:callback:the callbacks of channel 'chat'\n"
                               "in:sms-sign:the webhook of channel 'sms'\n"
                               "in:sms-ask:the set-up question of channel 'sms'\n"
                               "out:sms-token:the call of channel 'sms'\n"
                               "out:pager:the call of channel 'pager'\n"
                               "out:hook:the webhook of person 'ada'\n");
    policy_destroy (&policy);
    list[0] = 0; /* the channels that are there by themselves ask for nothing */
    policy = parsed ("workspace: desk\nlast_resort: ada\npeople: {ada: {}}\nteams: {f: {lead: ada, members: [ada]}}\n");
    policy_secrets (policy, note, list);
    assert_string_equal (list, "");
    policy_destroy (&policy);
}

static void missing (void *arg, const policy_secret_t *secret, const char *why)
{
    char *list = arg;
    sprintf (list + strlen (list), "%s: %s\n", secret->name, why);
}

static void test_missing (void **state)
{
    (void)state;
    char directory[] = "/tmp/buckstop-secrets-XXXXXX", path[128], list[4096] = "", expected[4096];
    assert_non_null (mkdtemp (directory));
    snprintf (path, sizeof path, "%s/pager", directory);
    FILE *file = fopen (path, "w");
    fputs ("key\n", file);
    fclose (file);
    policy_t *policy = parsed (text);
    assert_int_equal (secrets_missing (policy, directory, READER_NOTIFICATION, missing, list), 3);
    snprintf (expected, sizeof expected,
              "callback: the secret can't be read: %s/callback: No such file or directory\n"
              "sms-token: the secret can't be read: %s/sms-token: No such file or directory\n"
              "hook: the secret can't be read: %s/hook: No such file or directory\n",
              directory, directory, directory);
    assert_string_equal (list, expected);
    assert_int_equal (secrets_missing (policy, directory, READER_INTAKE, missing, list), 2);
    policy_destroy (&policy);
    unlink (path);
    rmdir (directory);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_all), cmocka_unit_test (test_missing)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
