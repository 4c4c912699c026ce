/* verbs_channel.c - what channels bring in a scenario: lines that ring, messages by another channel. */
#include "replay.h"

#include "xmalloc.h"

#include <jansson.h>
#include <stdio.h>

#define WORD(n) (taken->words[n])

static const reply_t *send_json (const char *target, json_t *body)
{
    char *text = json_dumps (body, 0);
    const reply_t *reply = stage_request ("POST", target, text, NULL);
    free (text);
    json_decref (body);
    return reply;
}

static void must_be_2xx (const reply_t *reply, const char *what)
{
    if (reply->status < 200 || reply->status > 299)
        fail ("%s: %d %s", what, reply->status, reply->body);
}

/* --- lines ------------------------------------------------------------------------------------------------- */

/* As a telephone system says it: which line, what it does, who calls, and who answered (person=). The contact that it is
 * part of has this alias, or gets it. */
static void line_is (const taken_t *taken)
{
    const char *channel = option_of (taken, "channel"), *person = option_of (taken, "person");
    json_t *body = json_pack ("{s:s, s:s, s:s, s:s, s:s*}", "channel", channel ? channel : "phone", "thread", WORD (0),
                              "call", WORD (1), "customer", WORD (2), "call_person", person);
    const reply_t *reply = send_json ("/v1/contacts", body);
    must_be_2xx (reply, "line");
    json_t *answer = json_loads (reply->body, 0, NULL);
    const char *id = json_string_value (json_object_get (answer, "contact"));
    alias_set (WORD (3), id ? id : "");
    json_decref (answer);
}

/* --- a message that leads to its contact, by whatever channel ----------------------------------------------- */

static void says_by (const taken_t *taken)
{
    char target[128];
    contact_t contact = look_contact (WORD (0));
    const char *way = option_of (taken, "way"), *to = option_of (taken, "to"), *fresh = option_of (taken, "fresh");
    snprintf (target, sizeof target, "/v1/contacts/%s/messages", contact.id);
    json_t *body = json_pack ("{s:s, s:s, s:s, s:s*, s:s*, s:s*}", "text", WORD (1), "customer", contact.customer,
                              "channel", WORD (2), "return_way", way, "return_to", to, "fresh", fresh);
    must_be_2xx (send_json (target, body), "message");
}

const verb_t verbs_channel[] = {
    {"line THREAD STATE from CUSTOMER as CONTACT ...", line_is},
    {"says CONTACT TEXT by CHANNEL ...", says_by},
    {NULL, NULL},
};
