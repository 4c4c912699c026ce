/* Payloads of platforms, read by every description that ships: what is found fits a Submit. */
#include "channels.h"
#include "wire.h"

/* What headers say, all of them the same: the corpus names it by number. */
static const char *said;

static const char *header (const void *arg, const char *name)
{
    (void)arg, (void)name;
    return said;
}

static void valid (const char *text)
{
    MUST (text && utf8_valid (text, strlen (text)));
}

static void on_message (void *arg, channel_message_t *message)
{
    const policy_channel_t *channel = arg;
    char why[DETAIL_SIZE];
    for (size_t i = 0; i < IN_FIELDS; i++)
        if (i != IN_MAIL)
            valid (message->field[i]);
    for (size_t i = 0; i < message->files_n; i++) /* its bytes are there, all of them */
        if (message->files[i].bytes)
            free (xmemdup (message->files[i].bytes, message->files[i].size));
    if (!message->ignored && !message->missing) {
        channel_submit_t submit;
        channel_submit_make (&submit, channel, message);
        wire_fault_t fault = wire_check_submit (&submit.submit, why);
        if (fault && fault != WIRE_MISSING && fault != WIRE_UNUSABLE) {
            fprintf (stderr, "%s: %s\n", channel->name, why);
            abort ();
        }
        channel_submit_clear (&submit);
    }
    channel_message_clear (message);
}

static void unref_bytes (void *bytes)
{
    g_bytes_unref (bytes);
}

static void on_receipt (void *arg, const channel_receipt_t *receipt)
{
    (void)arg;
    valid (receipt->id);
    valid (receipt->word);
    valid (receipt->reason);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const char *const types[] = {"application/json", "application/x-www-form-urlencoded",
                                        "multipart/form-data; boundary=xYzZY", "text/plain; charset=utf-8"};
    static const char *const words[] = {"sha256=00", "1700000000", "v0=0123456789abcdef",
                                        "Basic c2VuZGdyaWQ6eA==", NULL};
    static const signature_secret_t secrets[] = {{"secret", 6}, {"next", 4}};
    uint8_t which = fuzz_choice (data, &size), kind = fuzz_choice (data, &size);
    const policy_channel_t *channel = policy_channel (policy, channel_names[which % CHANNELS]);
    said = words[(kind >> 2) % 5];
    void *body = fuzz_bytes (data, size);
    const pick_request_t request = {.header = header,
                                    .query = header,
                                    .method = kind & 128 ? "GET" : "POST",
                                    .url = "https://example.com/v1/channels/c/webhook?workspace=desk",
                                    .body = body,
                                    .size = size};
    pick_scope_t scope = {.request = &request, .channel = channel};
    GPtrArray *files = g_ptr_array_new_with_free_func (unref_bytes);
    scope.files = files;
    in_fault_t fault;
    char why[DETAIL_SIZE] = "", verdict[DETAIL_SIZE];
    json_t *payload = channel_payload_read (channel->in, types[kind % 4], body, size, files, &fault, why);
    if (payload) {
        scope.trail[0] = payload;
        scope.trail_n = 1;
    }
    const in_challenge_t *row;
    GString *answer = NULL;
    channel_challenged (channel->in, &scope);
    channel_challenge (channel->in, &scope, secrets, 2, &row, &answer);
    if (answer)
        g_string_free (answer, TRUE);
    signature_check (&channel->in->verify, &scope, secrets, 2, 1700000000000, verdict);
    if (payload)
        channel_find (channel, &scope, on_message, on_receipt, (void *)channel);
    else
        MUST (*why || fault == IN_NOTHING);
    pick_scope_clear (&scope);
    json_decref (payload);
    g_ptr_array_unref (files);
    free (body);
    return 0;
}
