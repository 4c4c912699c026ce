/* channel_out_answer.c - what a platform's answer to a channel's call means.
 *
 * Told:  the description, and what was answered: a status, and mostly JSON.
 * Says:  accepted, with the platform's own id of it; to be tried later; refused for good; or that our own settings lack
 *        something, such as a token that is not valid: that fails no delivery.
 *
 * What a description lists counts before what a status means by itself: some platforms say 200 and mean no. What nobody
 * knows is unknown, not failed. */
#include "channel_out.h"

#include "words.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HTTP_OK_FIRST = 200, HTTP_OK_LAST = 299, WAIT_MAX_S = 24 * 3600 };

/* "error.code", "messages.0.id" */
static const json_t *json_at (const json_t *json, const char *path)
{
    char word[NAME_SIZE];
    while (json && *path) {
        size_t length = strcspn (path, ".");
        if (length >= sizeof word)
            return NULL;
        memcpy (word, path, length);
        word[length] = 0;
        json = json_is_array (json) && strspn (word, "0123456789") == length
                   ? json_array_get (json, strtoul (word, NULL, 10))
                   : json_object_get (json, word);
        path += length + (path[length] == '.');
    }
    return json;
}

/* A text, a whole number or a truth as text; "" for all else. */
static void text_at (const json_t *json, const char *path, char *text, size_t size)
{
    const json_t *value = path ? json_at (json, path) : NULL;
    *text = 0;
    if (json_is_string (value))
        word_copy (text, size, json_string_value (value));
    else if (json_is_integer (value))
        snprintf (text, size, "%lld", (long long)json_integer_value (value));
    else if (json_is_boolean (value))
        snprintf (text, size, "%s", json_is_true (value) ? "true" : "false");
    for (char *c = text; *c; c++) /* it goes to the timeline and to logs */
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = ' ';
}

static bool has (const char *const *words, size_t n, const char *word)
{
    for (size_t i = 0; *word && i < n; i++)
        if (strcmp (words[i], word) == 0)
            return true;
    return false;
}

/* The description's own words about a code of the platform or a status ("http 404"); -1: it says nothing. */
static int described (const channel_out_t *self, const char *word)
{
    const struct {
        const char *const *words;
        size_t n;
        attempt_result_t result;
    } lists[] = {{self->permanent, self->permanent_n, ATTEMPT_PERMANENT},
                 {self->throttled, self->throttled_n, ATTEMPT_THROTTLED},
                 {self->temporary, self->temporary_n, ATTEMPT_TEMPORARY},
                 {self->unable, self->unable_n, ATTEMPT_UNABLE}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (has (lists[i].words, lists[i].n, word))
            return (int)lists[i].result;
    return -1;
}

/* What a status means where nothing is described. */
static attempt_result_t by_status (const channel_out_t *self, int status, int64_t retry_after_ms)
{
    enum { UNAUTHORIZED = 401, TIMEOUT = 408, TOO_EARLY = 425, TOO_MANY = 429, SERVER = 500, REDIRECT = 300 };
    if (status == TOO_MANY || (status >= SERVER && retry_after_ms))
        return ATTEMPT_THROTTLED;
    if (status == UNAUTHORIZED && self->auth != OUT_AUTH_NONE)
        return ATTEMPT_UNABLE;
    bool final = status >= REDIRECT && status < SERVER && status != TIMEOUT && status != TOO_EARLY;
    return final ? ATTEMPT_PERMANENT : ATTEMPT_TEMPORARY;
}

static int64_t wait_of (const channel_out_t *self, const json_t *json, int64_t by_header)
{
    char text[NAME_SIZE];
    text_at (json, self->retry_after, text, sizeof text);
    int64_t seconds = strtoll (text, NULL, 10);
    if (seconds <= 0)
        return by_header;
    return (seconds < WAIT_MAX_S ? seconds : WAIT_MAX_S) * MS_PER_SECOND;
}

void channel_out_judge (const channel_out_t *self, const out_answer_t *answer, out_meaning_t *meaning)
{
    json_t *json = answer->body_size ? json_loadb (answer->body, answer->body_size, JSON_DECODE_ANY, NULL) : NULL;
    char truth[NAME_SIZE], error[ADDRESS_SIZE], status[NAME_SIZE];
    text_at (json, self->success, truth, sizeof truth);
    text_at (json, self->error, error, sizeof error);
    snprintf (status, sizeof status, "http %d", answer->status);
    *meaning =
        (out_meaning_t){.result = ATTEMPT_ACCEPTED, .retry_after_ms = wait_of (self, json, answer->retry_after_ms)};
    snprintf (meaning->words, sizeof meaning->words, "the far side answered %d%s%.120s", answer->status,
              *error ? ": " : "", error);
    bool taken = answer->status >= HTTP_OK_FIRST && answer->status <= HTTP_OK_LAST &&
                 (!self->success || strcmp (truth, self->success_is) == 0);
    int word = taken ? -1 : described (self, error), number = taken ? -1 : described (self, status);
    if (taken && self->id_header)
        WORD_COPY (meaning->far_id, answer->id_header);
    else if (taken)
        text_at (json, self->id, meaning->far_id, sizeof meaning->far_id);
    else if (word >= 0 || number >= 0)
        meaning->result = (attempt_result_t)(word >= 0 ? word : number);
    else
        meaning->result = by_status (self, answer->status, meaning->retry_after_ms);
    json_decref (json);
}
