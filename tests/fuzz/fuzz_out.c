/* The call of a channel: what a customer's words become in it, and what a platform answers. */
#include "channels.h"

#include <jansson.h>
#include <string.h>

static const policy_channel_t *calling (uint8_t which)
{
    for (size_t i = 0; i < CHANNELS_ALL; i++) {
        const policy_channel_t *channel = policy_channel (policy, channel_names[(which + i) % CHANNELS_ALL]);
        if (channel->out)
            return channel;
    }
    abort ();
}

static void call (const policy_channel_t *channel, const char *to, const char *text)
{
    static out_headers_t headers;
    static const char secret[] = "s3\"cret";
    const out_told_t told = {.id = "0123456789abcdefghijklmn",
                             .to = to,
                             .text = text,
                             .subject = to,
                             .thread = to,
                             .message_id = "m",
                             .contact = "01JD0000000000000000000000",
                             .customer = to,
                             .tag = "0123456789abcdef-0.01JD0000000000000000000000.0123456789ABCDEF",
                             .event = "trigger",
                             .person = to,
                             .link_accept = "https://example.com/l/a"};
    delivery_t delivery = {.way = BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL};
    char why[DETAIL_SIZE] = "";
    bool made = channel_out_render (channel, &told, &delivery, why);
    MUST (made || *why);
    char *body = made ? channel_out_body (channel, &delivery, told.tag, secret, why) : NULL;
    if (made && channel->out->auth == OUT_AUTH_BODY) {
        json_t *json = json_loads (body, 0, NULL); /* whatever the words are, the secret stands where it belongs */
        const char *key = json_string_value (json_object_get (json, "routing_key"));
        MUST (key && strcmp (key, secret) == 0);
        json_decref (json);
    }
    channel_out_body_clear (&body);
    if (!channel_out_headers (channel, &delivery, to, &headers, why))
        MUST (*why);
    for (size_t i = 0; i < headers.n; i++)
        MUST (!strpbrk (headers.list[i], "\r\n"));
    channel_out_headers_clear (&headers);
    delivery_clear (&delivery);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 201, 202, 204, 301, 400, 401, 403, 404, 410, 422, 429, 500, 503, 0};
    uint8_t which = fuzz_choice (data, &size), status = fuzz_choice (data, &size);
    const policy_channel_t *channel = calling (which);
    out_meaning_t meaning;
    char *id = fuzz_line (&data, &size), *body = fuzz_text (data, size);
    char *exact = fuzz_bytes (data, size);
    const out_answer_t answer = {
        .status = statuses[status % 15], .body = exact, .body_size = size, .id_header = status & 128 ? id : NULL};
    channel_out_judge (channel->out, &answer, &meaning);
    MUST (memchr (meaning.words, 0, sizeof meaning.words) && memchr (meaning.far_id, 0, sizeof meaning.far_id));
    call (channel, id, body);
    free (exact);
    free (id);
    free (body);
    return 0;
}
