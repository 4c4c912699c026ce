/* refusal.c - every way in which a request is refused, in one table.
 *
 * type, title, status and detail are RFC 9457's; code is the word that programs test, hint what to do about it. */
#include "refusal.h"

#include "words.h"

#include <stdio.h>

#define TYPE_PREFIX "urn:buckstop:problem:"

static const refusal_row_t rows[REFUSE_KINDS] = {
    [REFUSE_NONE] = {"none", "No reason", "", 500, 0},
    [REFUSE_MALFORMED] = {"malformed", "The body can't be read", "Correct the body and send it again.", 400, 0},
    [REFUSE_QUERY] = {"bad-query", "The query can't be used", "Correct the named parameter.", 400, 0},
    [REFUSE_NO_TOKEN] = {"no-token", "A token is needed",
                         "Send the header 'Authorization: Bearer TOKEN'; tokens are issued by 'buckstop token issue'.",
                         401, 0},
    [REFUSE_BAD_TOKEN] = {"bad-token", "The token is not known",
                          "It may have been revoked; ask an operator for a new one.", 401, 0},
    [REFUSE_SCOPE] = {"wrong-scope", "The token's scope does not allow this",
                      "Use a token of the scope that the detail names.", 403, 0},
    [REFUSE_NOT_YOU] = {"not-you", "A person's token acts for that person only",
                        "Leave 'person' out, or use an operator's token.", 403, 0},
    [REFUSE_NO_PATH] = {"no-such-path", "There is nothing at this path", "The paths stand in openapi.yaml.", 404, 0},
    [REFUSE_NO_CONTACT] = {"no-such-contact", "There is no such contact in this workspace",
                           "Check the id; a closed contact is kept for the policy's retention time.", 404, 0},
    [REFUSE_NO_PERSON] = {"no-such-person", "The policy names no such person", "GET /v1/people lists those it names.",
                          404, 0},
    [REFUSE_NO_LINK] = {"no-such-link", "This link is not one of ours", "Open it as it stands in the message, whole.",
                        404, 0},
    [REFUSE_METHOD] = {"wrong-method", "The path does not know this method", "The Allow header lists those it knows.",
                       405, 0},
    [REFUSE_KEY_REUSED] = {"key-reused", "This idempotency key was used for another request",
                           "Take a new key for each request; send the same body again to repeat one.", 409, 0},
    [REFUSE_NO_STATE] = {"not-in-this-state", "The contact's state does not allow this",
                         "Take one of the allowed actions.", 409, 0},
    [REFUSE_NOT_YOURS] = {"not-yours", "Somebody else has this contact", "Ask them, or the accountable person.", 409,
                          0},
    [REFUSE_STALE] = {"overtaken", "This was overtaken by another event", "Look at the contact, then decide again.",
                      409, 0},
    [REFUSE_NO_ROOM] = {"no-room", "The person holds as much as their capacity allows",
                        "Resolve or transfer something first.", 409, 0},
    [REFUSE_LEAVING] = {"leaving", "The person is leaving: the policy names them no more",
                        "Apply a policy that names them, or choose somebody else.", 409, 0},
    [REFUSE_LINK_EXPIRED] = {"link-expired", "This link has expired", "Open the contact with your own client.", 410, 0},
    [REFUSE_TOO_LARGE] = {"too-large", "The request is too large", "Send less text; keep attachments elsewhere.", 413,
                          0},
    [REFUSE_MEDIA] = {"wrong-content-type", "The content type is not understood",
                      "Send application/json or application/x-protobuf.", 415, 0},
    [REFUSE_INVALID] = {"invalid", "The request says something that can't be used",
                        "Correct the field that the detail names.", 422, 0},
    [REFUSE_UNKNOWN_CHANNEL] = {"unknown-channel", "The policy names no such channel",
                                "Use one of those the detail lists, or add it to the policy.", 422, 0},
    [REFUSE_UNKNOWN_PERSON] = {"unknown-person", "The policy names no such person",
                               "GET /v1/people lists those it names.", 422, 0},
    [REFUSE_UNKNOWN_TEAM] = {"unknown-team", "The policy names no such team",
                             "Use one of those the detail lists, or add it to the policy.", 422, 0},
    [REFUSE_BROKEN] = {"broken-record", "The stored record can't be read",
                       "'buckstop audit' names it; nothing was changed.", 500, 0},
    [REFUSE_AWAY] = {"store-away", "The store can't be asked now",
                     "Send the same request again, with the same Idempotency-Key.", 503, 1},
    [REFUSE_BUSY] = {"contended", "Others change this contact at the same time",
                     "Send the same request again, with the same Idempotency-Key.", 503, 1},
    [REFUSE_MEMORY] = {"store-full", "The store's memory is nearly used up: new messages are refused",
                       "Send it again later; what was accepted goes on.", 503, 30},
    [REFUSE_NO_POLICY] = {"no-policy", "The workspace has no policy yet", "Apply one: 'buckstop policy apply FILE'.",
                          503, 5},
    [REFUSE_DRAINING] = {"draining", "This intake is shutting down", "Send the request again.", 503, 1},
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

void refusal_about (refusal_t *self, const contact_t *contact)
{
    if (!contact)
        return;
    self->state = contact->state;
    WORD_COPY (self->owner, contact->owner);
    WORD_COPY (self->accountable, contact->accountable);
    WORD_COPY (self->offered_to, contact->offered_to);
}

static json_t *about (const refusal_t *self)
{
    char allowed[DETAIL_SIZE];
    return json_pack ("{s:s, s:s, s:o*, s:o*, s:o*}",                                    /**/
                      "state", contact_state_name (self->state),                         /**/
                      "allowed", contact_allowed (self->state, allowed, sizeof allowed), /**/
                      "owner", value_some (self->owner),                                 /**/
                      "offered_to", value_some (self->offered_to),                       /**/
                      "accountable", value_some (self->accountable));
}

json_t *refusal_json (const refusal_t *self)
{
    const refusal_row_t *row = refusal_row (self->kind);
    json_t *problem =
        json_pack ("{s:s+, s:s, s:I, s:o, s:s, s:s}", "type", TYPE_PREFIX, row->code, "title", row->title, "status",
                   (json_int_t)row->status, "detail", value_text (self->detail), "code", row->code, "hint", row->hint);
    if (self->state)
        json_object_update_new (problem, about (self));
    return problem;
}
