/* trail_post.c - a page of events as a batch of CloudEvents, posted to the webhook.
 *
 * Told: that a page is on disk, or that there are no files. Says: one signed request; then that the page is safe, or that it
 * is not. The page of the next attempt may be a longer one, and a store that was put back draws its numbers again: so the
 * key by which the far side knows a request again has all that its bytes have, and each event has its own id. */
#include "archive_private.h"

#include "sign.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void on_posted (void *arg, const http_answer_t *answer)
{
    trail_t *trail = arg;
    char why[DETAIL_SIZE];
    if (!trail_back (trail))
        return;
    if (answer->status >= 200 && answer->status <= 299) {
        trail_safe (trail);
        return;
    }
    snprintf (why, sizeof why, "%d %s", answer->status, answer->error ? WORD_CUT (answer->error, 200) : "");
    trail_fail (trail, "the archive's webhook does not take events", why);
}

void trail_post (trail_t *trail)
{
    const archive_params_t *params = trail->self->params;
    char timestamp[24], stamp[64], id[NAME_SIZE + 128], signature[SIGN_HEADER_SIZE], why[DETAIL_SIZE] = "";
    wall_ms_t now = store_now (trail->self->service->store);
    snprintf (timestamp, sizeof timestamp, "%lld", (long long)(now / MS_PER_SECOND));
    snprintf (stamp, sizeof stamp, "Buckstop-Timestamp: %s", timestamp);
    snprintf (id, sizeof id, "Idempotency-Key: %s-%u-%" PRIu64 "-%" PRIu64 "-%016" PRIx64, trail->workspace,
              trail->series, trail->first, trail->last, word_hash (WORD_HASH, trail->post));
    const char *headers[] = {"Content-Type: application/cloudevents-batch+json", stamp, id, NULL, NULL};
    if (*params->secret) {
        if (sign_header (params->secrets, params->secret, timestamp, trail->post, signature, why) != SIGN_MADE) {
            trail_fail (trail, "the archive's webhook can't be signed", why);
            return;
        }
        headers[3] = signature;
    }
    trail->busy = true;
    http_client_call (trail->self->http,
                      &(http_call_t){.method = "POST",
                                     .url = params->webhook,
                                     .headers = headers,
                                     .body = trail->post,
                                     .body_size = strlen (trail->post),
                                     .timeout_ms = POST_TIMEOUT_MS,
                                     .private_allowed = true},
                      on_posted, trail);
}
