/* test_policy_clash.c - what two workspaces both claim, though it can be only one's. */
#include "policy_clash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD(name) "workspace: " name "\nlast_resort: ada\npeople: { ada: {} }\n"
#define SIGNED(file)                                                                       \
    "{ in: { content: json, verify: { hmac: sha256, value: '{@header.X-S}', secret: " file \
    " }, sender: '{from}', text: "                                                         \
    "'{text}' } }"

static const struct {
    const char *name, *mine, *other;
    const char *says; /* what, and words of why; "" : nothing */
} rows[] = {
    {"nothing", "channels: { mail: { address: a@x.example, answer: mail } }\nmail_from: m@x.example\n",
     "channels: { mail: { address: b@x.example, answer: mail } }\nmail_from: n@x.example\n", ""},
    {"one address", "channels: { mail: { address: a@x.example, answer: mail } }\nmail_from: m@x.example\n",
     "channels: { post: { addresses: [b@x.example, A@X.example], answer: mail } }\nmail_from: n@x.example\n",
     "mail a@x.example: channel 'mail' names it, and so does channel 'post' of workspace 'other'"},
    {"one domain", "channels: { mail: { address: '@x.example', answer: mail } }\nmail_from: m@x.example\n",
     "channels: { mail: { address: '@x.example', answer: mail } }\nmail_from: n@x.example\n",
     "mail @x.example: channel"},
    {"an address of the other's domain",
     "channels: { mail: { address: a@x.example, answer: mail } }\nmail_from: m@x.example\n",
     "channels: { mail: { address: '@x.example', answer: mail } }\nmail_from: n@x.example\n", ""},
    {"one sender", "mail_from: 'Us <m@x.example>'\n", "mail_from: M@x.example\n",
     "mail m@x.example: workspace 'other' sends from it, too"},
    {"a sender that a channel names",
     "channels: { mail: { address: m@x.example, answer: mail } }\nmail_from: m@x.example\n", "mail_from: m@x.example\n",
     ""},
    {"one key", "channels: { sms: " SIGNED ("sms") " }\n", "channels: { texts: " SIGNED ("sms") " }\n",
     "secret sms: it is the file of a key for the webhook of channel 'sms', and for a channel of workspace 'other'"},
    {"two keys", "channels: { sms: " SIGNED ("sms") " }\n", "channels: { sms: " SIGNED ("sms-other") " }\n", ""},
};

static policy_t *parsed (const char *head, const char *rest)
{
    char text[2048];
    policy_errors_t errors = {0};
    snprintf (text, sizeof text, "%s%s", head, rest);
    policy_t *policy = policy_parse (text, strlen (text), &errors);
    for (size_t i = 0; i < errors.n; i++)
        print_message ("%d:%d %s\n", errors.items[i].line, errors.items[i].column, errors.items[i].what);
    policy_errors_clear (&errors);
    assert_non_null (policy);
    return policy;
}

static void note (void *arg, policy_clash_t kind, const char *what, const char *why)
{
    char *said = arg;
    sprintf (said + strlen (said), "%s %s: %s\n", kind == CLASH_MAIL ? "mail" : "secret", what, why);
}

static void test_rows (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char said[4096] = "";
        policy_t *mine = parsed (HEAD ("mine"), rows[i].mine), *other = parsed (HEAD ("other"), rows[i].other);
        policy_clashes (mine, other, note, said);
        if (*rows[i].says ? strncmp (said, rows[i].says, strlen (rows[i].says)) != 0 : *said != 0)
            fail_msg ("%s: %s", rows[i].name, said);
        assert_true (!*said || strchr (said, '\n') == said + strlen (said) - 1); /* one */
        policy_destroy (&mine);
        policy_destroy (&other);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_rows)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
