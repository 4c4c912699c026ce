/* verbs_channel.c - what channels bring in a scenario: lines that ring, messages by another channel, mail as it is. In a
 * mail "about" an address $ID is the message id of the newest mail that went there. */
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

/* --- mail --------------------------------------------------------------------------------------------------- */

/* The message id of the newest mail that an address was sent. */
static const char *id_of_mail_to (const char *address)
{
    for (size_t i = fake_mails (); i-- > 0;)
        if (fake_mail (i)->taken && strstr (fake_mail (i)->to, address))
            return fake_mail (i)->message_id;
    fail ("no mail went to %s", address);
}

/* The block as it came, with the lines' ends that mail has, and the id for each $ID. */
static char *mail_text (const char *block, const char *id)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream (&text, &size);
    for (const char *at = block; *at; at++) {
        bool slot = id && strncmp (at, "$ID", 3) == 0;
        if (slot)
            fprintf (out, *id == '<' ? "%s" : "<%s>", id);
        else if (*at == '\n')
            fputs ("\r\n", out);
        else
            fputc (*at, out);
        at += slot ? 2 : 0;
    }
    fclose (out);
    return text;
}

static void send_mail (const taken_t *taken, const char *id)
{
    char target[128];
    if (!taken->block)
        fail ("a mail wants its text: mail ... << ... >>");
    snprintf (target, sizeof target, "/v1/mail?channel=%s", WORD (0));
    char *text = mail_text (taken->block, id);
    must_be_2xx (stage_request ("POST", target, text, NULL), "mail");
    free (text);
}

static void remember (const char *alias)
{
    json_t *answer = json_loads (stage_reply ()->body, 0, NULL);
    const char *contact = json_string_value (json_object_get (answer, "contact"));
    if (!contact)
        fail ("the mail is no contact's: %s", stage_reply ()->body);
    alias_set (alias, contact);
    json_decref (answer);
}

static void mail_comes (const taken_t *taken)
{
    send_mail (taken, NULL);
}

static void mail_comes_as (const taken_t *taken)
{
    send_mail (taken, NULL);
    remember (WORD (1));
}

static void mail_about (const taken_t *taken)
{
    send_mail (taken, id_of_mail_to (WORD (1)));
}

static void mail_about_as (const taken_t *taken)
{
    send_mail (taken, id_of_mail_to (WORD (1)));
    remember (WORD (2));
}

const verb_t verbs_channel[] = {
    {"mail CHANNEL", mail_comes},
    {"mail CHANNEL as CONTACT", mail_comes_as},
    {"mail CHANNEL about ADDRESS", mail_about},
    {"mail CHANNEL about ADDRESS as CONTACT", mail_about_as},
    {"line THREAD STATE from CUSTOMER as CONTACT ...", line_is},
    {"says CONTACT TEXT by CHANNEL ...", says_by},
    {NULL, NULL},
};
