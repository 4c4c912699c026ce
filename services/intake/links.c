/* links.c - signed links in notices: a click shows a question, its button acts.
 *
 * hears: GET and POST of /l/TOKEN. says: pages. The signature stands in for a token: it names the workspace, the
 * contact, the person and the action, and when it expires; the action then goes the way of every other. Pressed
 * twice, it is done once: the link itself is the idempotency key. */
#include "ask.h"

#include "link.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

/* False: refused, and the ask is gone. */
static bool take_claim (ask_t **ask_p, link_claim_t *claim)
{
    ask_t *ask = *ask_p;
    if (link_workspace (ask->id, ask->bearer.workspace)) {
        ask_refuse_as (ask_p, REFUSE_NO_LINK, "The link is not whole.");
        return false;
    }
    const policy_t *policy = workspaces_policy (ask->intake->service->workspaces, ask->bearer.workspace);
    enum link_fault fault =
        policy ? link_verify (ask->id, policy->link_key, store_now (ask_store (ask)), claim) : LINK_FORGED;
    if (fault == LINK_EXPIRED)
        ask_refuse_as (ask_p, REFUSE_LINK_EXPIRED, "Links in notices work for a while only.");
    else if (fault != LINK_OK)
        ask_refuse_as (ask_p, REFUSE_NO_LINK, "Its signature is not ours.");
    else if (claim->action != BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACCEPT &&
             claim->action != BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACKNOWLEDGE)
        ask_refuse_as (ask_p, REFUSE_NO_LINK, "Links accept or acknowledge, nothing else.");
    return *ask_p != NULL;
}

static const char *action_name (const link_claim_t *claim)
{
    return claim->action == BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACCEPT ? "accept" : "acknowledge";
}

static void contact_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    const link_claim_t *claim = ask->more;
    record_head_t head;
    contact_t contact;
    if (values->away || values->n != 1)
        ask_away (&ask);
    else if (!values->items[0].bytes)
        ask_refuse_as (&ask, REFUSE_NO_CONTACT, "The contact is closed and gone.");
    else if (contact_unpack (values->items[0].bytes, values->items[0].size, &head, &contact) != RECORD_OK)
        ask_refuse_as (&ask, REFUSE_BROKEN, "The record of contact '%s' can't be read.", claim->contact);
    else {
        page_place_t place = ask_place (ask);
        char *html = page_of_question (&place, action_name (claim), claim->person, &contact);
        ask_page (&ask, 200, html, strlen (html));
        free (html);
    }
}

void link_show (ask_t **ask_p)
{
    ask_t *ask = *ask_p;
    link_claim_t claim = {.expires = 0};
    if (!take_claim (ask_p, &claim))
        return;
    *ask_p = NULL;
    ask->more = xmemdup (&claim, sizeof claim);
    ask->free_more = free;
    char key[KEY_SIZE];
    const char *keys[] = {key_contact (key, ask_shard (ask), claim.workspace, claim.contact)};
    store_get (ask_store (ask), keys, 1, contact_read, ask);
}

void link_take (ask_t **ask_p)
{
    ask_t *ask = *ask_p;
    link_claim_t claim = {.expires = 0};
    char hash[HASH_HEX_SIZE];
    if (!take_claim (ask_p, &claim) || !ask_admit (ask_p))
        return;
    hash_hex (ask->id, strlen (ask->id), hash);
    snprintf (ask->key, sizeof ask->key, "link %s", hash);
    ask->kept_ms = claim.expires - store_now (ask_store (ask));
    ask->bearer.scope = SCOPE_PERSON;
    WORD_COPY (ask->bearer.person, claim.person);
    WORD_COPY (ask->id, claim.contact);
    buckstop__v1__action__init (&ask->action);
    ask->action.kind = claim.action;
    ask->action.contact = ask->id;
    action_begin (ask_p);
}
