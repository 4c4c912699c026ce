/* refusal.c - every way in which a request is refused, in one table.
 *
 * type, title, status and detail are RFC 9457's; code is the word that programs test, hint what to do about it. */
#include "refusal.h"

#include "words.h"

#include <stdio.h>

static const refusal_row_t rows[REFUSE_KINDS] = {
    [REFUSE_NONE] = {{500, "no-answer", "The request got no answer", "Send it again, and tell an operator."}},
    [REFUSE_MALFORMED] = {{400, "malformed", "The body can't be read", "Correct the body and send it again."}},
    [REFUSE_QUERY] = {{400, "bad-query", "The query can't be used", "Correct the named parameter."}},
    [REFUSE_NO_TOKEN] =
        {{401, "no-token", "A token is needed",
          "Send the header 'Authorization: Bearer TOKEN'; tokens are issued by 'buckstop token issue'."}},
    [REFUSE_BAD_TOKEN] = {{401, "bad-token", "The token is not known",
                           "It may have been revoked; ask an operator for a new one."}},
    [REFUSE_SIGNATURE] = {{401, "not-signed", "The request is not signed as it must be",
                           "Look at the secret of the channel, and at intake's log: it says which check failed."}},
    [REFUSE_SCOPE] = {{403, "wrong-scope", "The token's scope does not allow this",
                       "Use a token of the scope that the detail names."}},
    [REFUSE_NOT_YOU] = {{403, "not-you", "A person's token acts for that person only",
                         "Leave 'person' out, or use an operator's token."}},
    [REFUSE_WORKSPACE] = {{403, "other-workspace", "The token is of another workspace",
                           "Use a token of the workspace that Buckstop-Workspace names, or leave that header out."}},
    [REFUSE_NO_PATH] = {{404, "no-such-path", "There is nothing at this path", "The paths stand in openapi.yaml."}},
    [REFUSE_NO_CONTACT] = {{404, "no-such-contact", "There is no such contact in this workspace",
                            "Check the id; a closed contact is kept for the policy's retention time."}},
    [REFUSE_NO_PERSON] = {{404, "no-such-person", "The policy names no such person",
                           "GET /v1/people lists those it names."}},
    [REFUSE_NO_CUSTOMER] = {{404, "no-such-customer", "There is no such customer in this workspace",
                             "A contact says whose it is: customer_id."}},
    [REFUSE_NO_CHANNEL] = {{404, "no-such-channel", "No channel takes webhooks here",
                            "The channel needs 'in:' or 'use:' in the policy; several workspaces: ?workspace=NAME."}},
    [REFUSE_NO_LINK] = {{404, "no-such-link", "This link is not one of ours",
                         "Open it as it stands in the message, whole."}},
    [REFUSE_NO_CHALLENGE] = {{404, "no-such-question", "This is no question that the channel knows",
                              "Platforms ask at set-up as 'challenge:' of the channel says; messages come by POST."}},
    [REFUSE_METHOD] = {{405, "wrong-method", "The path does not know this method",
                        "The Allow header lists those it knows."}},
    [REFUSE_KEY_REUSED] = {{409, "key-reused", "This idempotency key was used for another request",
                            "Take a new key for each request; send the same body again to repeat one."}},
    [REFUSE_NO_STATE] = {{409, "not-in-this-state", "The contact's state does not allow this",
                          "Take one of the allowed actions."}},
    [REFUSE_NOT_YOURS] = {{409, "not-yours", "Somebody else has this contact", "Ask them, or the accountable person."}},
    [REFUSE_STALE] = {{409, "overtaken", "This was overtaken by another event",
                       "Look at the contact, then decide again."}},
    [REFUSE_NO_ROOM] = {{409, "no-room", "The person holds as much as their capacity allows",
                         "Resolve or transfer something first."}},
    [REFUSE_LEAVING] = {{409, "leaving", "The person is leaving: the policy names them no more",
                         "Apply a policy that names them, or choose somebody else."}},
    [REFUSE_LINK_EXPIRED] = {{410, "link-expired", "This link has expired", "Open the contact with your own client."}},
    [REFUSE_TOO_LARGE] = {{413, "too-large", "The request is too large",
                           "Send less text; keep attachments elsewhere. Intake's --body-max sets the limit, --mail-max "
                           "that of mails and of "
                           "webhooks with files."}},
    [REFUSE_MEDIA] = {{415, "wrong-content-type", "The content type is not understood",
                       "Send one of the types that the detail names."}},
    [REFUSE_INVALID] = {{422, "invalid", "The request says something that can't be used",
                         "Correct the field that the detail names."}},
    [REFUSE_UNKNOWN_CHANNEL] = {{422, "unknown-channel", "The policy names no such channel",
                                 "Use one of those the detail lists, or add it to the policy."}},
    [REFUSE_UNKNOWN_PERSON] = {{422, "unknown-person", "The policy names no such person",
                                "GET /v1/people lists those it names."}},
    [REFUSE_UNKNOWN_TEAM] = {{422, "unknown-team", "The policy names no such team",
                              "Use one of those the detail lists, or add it to the policy."}},
    [REFUSE_RATE] = {{429, "too-many", "This token sends more than it may",
                      "Send the same request again a little later, and fewer at once."},
                     1},
    [REFUSE_BROKEN] = {{500, "broken-record", "The stored record can't be read",
                        "'buckstop audit' names it; nothing was changed."}},
    [REFUSE_STUCK] = {{503, "store-damaged", "Something that this needs is damaged in the store",
                       "Send the same request again later, with the same Idempotency-Key; 'buckstop audit' names it."},
                      10},
    [REFUSE_AWAY] = {{503, "store-away", "The store can't be asked now",
                      "Send the same request again, with the same Idempotency-Key."},
                     1},
    [REFUSE_BUSY] = {{503, "contended", "Others change this contact at the same time",
                      "Send the same request again, with the same Idempotency-Key."},
                     1},
    [REFUSE_CROWDED] = {{503, "busy", "As much is under way as can be done in time: nothing was begun",
                         "Send the same request again, with the same Idempotency-Key."},
                        1},
    [REFUSE_MEMORY] = {{503, "store-full", "The store's memory is used up, or nearly",
                        "Send it again later; what was accepted goes on."},
                       30},
    [REFUSE_SPOOL] = {{503, "spool-failed", "The files of the message can't be kept now",
                       "Send it again later; look at the disk of --spool."},
                      30},
    [REFUSE_NO_SECRET] = {{503, "no-secret", "The channel's secret can't be read",
                           "Put it into intake's secrets directory; its log names the file."},
                          30},
    [REFUSE_NO_POLICY] = {{503, "no-policy", "The workspace has no policy yet",
                           "Apply one: 'buckstop policy apply FILE'."},
                          5},
    [REFUSE_DRAINING] = {{503, "draining", "This intake is shutting down", "Send the request again."}, 1},
};

const refusal_row_t *refusal_row (refusal_kind_t kind)
{
    return &rows[kind < REFUSE_KINDS ? kind : REFUSE_NONE];
}

refusal_t refusal_of_list (refusal_kind_t kind, const char *format, va_list words)
{
    refusal_t self = {.kind = kind};
    vsnprintf (self.detail, sizeof self.detail, format, words);
    text_repair (self.detail);
    return self;
}

refusal_t refusal_of (refusal_kind_t kind, const char *format, ...)
{
    va_list words;
    va_start (words, format);
    refusal_t self = refusal_of_list (kind, format, words);
    va_end (words);
    return self;
}

void refusal_about (refusal_t *self, const contact_t *contact, const char *person)
{
    if (!contact)
        return;
    self->state = contact->state;
    contact_allowed (contact, person, self->allowed, sizeof self->allowed);
    WORD_COPY (self->owner, contact->owner);
    WORD_COPY (self->accountable, contact->accountable);
    WORD_COPY (self->offered_to, contact->offered_to);
}

static json_t *about (const refusal_t *self)
{
    return json_pack ("{s:s, s:s, s:o*, s:o*, s:o*}",            /**/
                      "state", contact_state_name (self->state), /**/
                      "allowed", self->allowed,                  /**/
                      "owner", value_some (self->owner),         /**/
                      "offered_to", value_some (self->offered_to), "accountable", value_some (self->accountable));
}

json_t *refusal_json (const refusal_t *self)
{
    json_t *problem = problem_json (&refusal_row (self->kind)->problem, self->detail);
    if (self->state)
        json_object_update_new (problem, about (self));
    return problem;
}
