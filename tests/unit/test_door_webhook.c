/* test_door_webhook.c - webhooks on the fakes: whose channel it is that a platform calls. */
#include "keys.h"

#include "intake_world.h"

#define POLICY(name)                                                                           \
    "workspace: " name "\nlast_resort: lea\npeople: { lea: {} }\n"                             \
    "channels: { sms: { in: { content: json, verify: { hmac: sha256, value: '{@header.X-S}', " \
    "secret: sms }, sender: '{from}', text: '{text}' } } }\n"

static int set_up (void **state)
{
    (void)state;
    world_open (11);
    world_policy (POLICY ("acme"));
    world_policy (POLICY ("beta"));
    world_start (&(intake_params_t){.secrets = "/nowhere"});
    return 0;
}

/* Does the channel belong to nobody, or to nobody knows whom? Else its signature was looked at. */
static bool nowhere (const char *query, const char *words)
{
    char target[80];
    size_t size;
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    snprintf (target, sizeof target, "/v1/channels/sms/webhook%s", query);
    fake_answer_t *answer = fake_http_request ("intake", "POST", target, headers, "{}", 2);
    fake_advance (50);
    bool not_found = fake_answer_status (answer) == 404;
    assert_int_not_equal (fake_answer_status (answer), 0);
    assert_int_not_equal (fake_answer_status (answer), 200);
    assert_true (!not_found || strstr (fake_answer_body (answer, &size), words));
    fake_answer_destroy (&answer);
    return not_found;
}

static void ignore (void *arg, const store_values_t *values)
{
    (void)arg;
    (void)values;
}

static void a_removed_workspace_has_no_channel (void **state)
{
    char key[KEY_SIZE];
    (void)state;
    assert_true (nowhere ("", "several workspaces"));
    assert_false (nowhere ("?workspace=acme", ""));
    assert_false (nowhere ("?workspace=beta", ""));
    fake_store_remove (key_workspace (key, store_shard (store, "beta"), "beta"));
    store_set_remove (store, KEY_WORKSPACES, "beta", ignore, NULL);
    fake_advance (2 * MS_PER_SECOND);
    assert_false (nowhere ("", ""));
    assert_false (nowhere ("?workspace=acme", ""));
    assert_true (nowhere ("?workspace=beta", "no workspace"));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (a_removed_workspace_has_no_channel, set_up, tear_down),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
