/* door_mail.c - POST /v1/mail: a raw message (RFC 5322) over HTTP, for who has no mail server at hand.
 *
 * hears: message/rfc822; ?to=ADDRESS, an address that the policy names, or ?channel=NAME. says: a receipt, as for any
 * submission; 200 with {"disposition": "ignored"} for what is no customer's message. */
#include "mails.h"

#include "words.h"

#include <string.h>
#include <strings.h>

static void on_outcome (void *arg, size_t index, const mail_outcome_t *outcome)
{
    ask_t *self = arg;
    (void)index;
    if (outcome->receipt)
        ask_receipt (&self, outcome->receipt, false);
    else if (outcome->refusal)
        ask_refuse (&self, outcome->refusal);
    else
        ask_json (&self, json_pack ("{s:s, s:s, s:o}", "disposition", "ignored", "kind", outcome->ignored, "why",
                                    value_text (outcome->why)));
}

static bool is_mail (const char *type)
{
    static const char *const rows[] = {"message/rfc822", "message/global"};
    for (size_t i = 0; type && i < sizeof rows / sizeof *rows; i++)
        if (strncasecmp (type, rows[i], strlen (rows[i])) == 0 && strchr ("; \t", type[strlen (rows[i])]))
            return true;
    return false;
}

/* False: refused, and the ask is gone. */
static bool find_place (ask_t **self_p, mail_place_t *place)
{
    ask_t *self = *self_p;
    const char *to = http_query (self->http, "to"), *channel = http_query (self->http, "channel");
    const char *workspace = self->bearer.workspace;
    mails_t *mails = self->intake->mails;
    if (!to == !channel) {
        ask_refuse_as (self_p, REFUSE_QUERY, "say where it belongs: either ?to=ADDRESS or ?channel=NAME");
        return false;
    }
    if (channel && mail_places_channel (mails_places (mails), workspace, channel, place))
        return true;
    if (channel) {
        ask_refuse_as (self_p, REFUSE_UNKNOWN_CHANNEL, "channel '%.64s' is not known", channel);
        return false;
    }
    mail_places_found_t found = PLACE_UNKNOWN;
    if (strlen (to) < ADDRESS_SIZE)
        found = mail_places_find (mails_places (mails), workspace, to, place);
    if (found == PLACE_FOUND)
        return true;
    if (found == PLACE_NOT_YET) {
        ask_refuse_as (self_p, REFUSE_NO_POLICY, "the policies are not loaded yet");
        return false;
    }
    ask_refuse_as (self_p, REFUSE_UNKNOWN_CHANNEL,
                   "no channel of this workspace has the address '%.256s': it would stand at channels.NAME.addresses",
                   to);
    return false;
}

void mail_post (ask_t **self_p)
{
    ask_t *self = *self_p;
    mail_place_t place;
    size_t size;
    const void *bytes = http_body (self->http, &size);
    if (!is_mail (http_header (self->http, "Content-Type"))) {
        ask_refuse_as (self_p, REFUSE_MEDIA, "a mail is sent as message/rfc822");
        return;
    }
    if (size == 0) {
        ask_refuse_as (self_p, REFUSE_MALFORMED, "the body is empty; it is to be a mail");
        return;
    }
    if (!find_place (self_p, &place))
        return;
    *self_p = NULL;
    mails_take (self->intake->mails, &(mail_order_t){.bytes = bytes,
                                                     .size = size,
                                                     .places = &place,
                                                     .places_n = 1,
                                                     .key = self->key,
                                                     .trace = self->trace,
                                                     .fn = on_outcome,
                                                     .arg = self});
}
