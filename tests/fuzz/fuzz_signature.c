/* Signatures as platforms say them: the first line is the header, the second the time stamp, the rest is the body. What
 * is not signed with the secret is not taken. */
#include "channels.h"

typedef struct heads {
    const char *value, *time;
} heads_t;

static const char *header (const void *arg, const char *name)
{
    const heads_t *heads = arg;
    return strstr (name, "Time") ? heads->time : heads->value;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const uint8_t key[32] = "a secret that no input can guess";
    static const signature_secret_t secrets[] = {{key, sizeof key}};
    uint8_t which = fuzz_choice (data, &size);
    char *value = fuzz_line (&data, &size), *stamp = fuzz_line (&data, &size), *body = fuzz_text (data, size);
    const policy_channel_t *channel = policy_channel (policy, channel_names[which % CHANNELS]);
    const heads_t heads = {value, stamp};
    const pick_request_t request = {
        .header = header, .query = header, .arg = &heads, .method = "POST", .url = value, .body = body, .size = size};
    pick_scope_t scope = {.request = &request, .channel = channel};
    char why[DETAIL_SIZE] = "";
    in_fault_t fault;
    json_t *payload =
        channel_payload_read (channel->in, which & 128 ? "application/json" : "application/x-www-form-urlencoded", body,
                              size, NULL, &fault, why);
    scope.trail[0] = payload;
    scope.trail_n = payload != NULL;
    signature_verdict_t verdict = signature_check (&channel->in->verify, &scope, secrets, 1, 1700000000000, why);
    MUST (verdict != SIGNATURE_GOOD || channel->in->verify.kind == SIGNATURE_NONE);
    MUST (*signature_verdict_word (verdict));
    signature_is_secret (value, strlen (value), secrets, 1);
    channel_time (stamp);
    pick_scope_clear (&scope);
    json_decref (payload);
    free (value);
    free (stamp);
    free (body);
    return 0;
}
