/* customers.c - who writes: now and then, and sometimes many at once; new matters, and more to old ones. */
#include "sim.h"

#include "xmalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

enum { GAP_DAY_MS = 20 * 60 * 1000, GAP_NIGHT_MS = 2 * 60 * 60 * 1000, THREADS = 12, BURST_MAX = 10 };

static bool ended;

/* One message on its way. */
typedef struct saying {
    int text;
} saying_t;

static void answered (void *arg, int status, const char *body)
{
    saying_t *self = arg;
    static const int fine[] = {-1, 0, 202, 404, 409, 410, 422, 429, 500, 503};
    bool known = false;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        known |= fine[i] == status;
    if (!known || (status == 500 && !laws_poisoned ()))
        broken ("4 (answers)", NULL, "a customer was answered %d %s", status, body);
    if (status == 202) {
        json_t *answer = json_loads (body, 0, NULL);
        const char *id = json_string_value (json_object_get (answer, "contact"));
        laws_text_acked (self->text, id ? id : "");
        json_decref (answer);
    }
    free (self);
}

/* By the key, by the channel's message id, or both: each must make it one. */
static void say_it (json_t *message, const char *target)
{
    char text[64], key[32] = "", *body;
    saying_t *self = xcalloc (1, sizeof *self);
    self->text = laws_text_new (text, sizeof text);
    json_object_set_new (message, "text", json_string (text));
    bool by_key = chance (75), by_message = !by_key || chance (30);
    if (by_key)
        snprintf (key, sizeof key, "k%d", self->text);
    if (by_message)
        json_object_set_new (message, "message_id", json_sprintf ("m%d", self->text));
    body = json_dumps (message, 0);
    door_send (&(door_request_t){.method = "POST",
                                 .target = target,
                                 .body = body,
                                 .key = key,
                                 .again = chance (90),
                                 .twice = chance (8),
                                 .fn = answered,
                                 .arg = self});
    free (body);
    json_decref (message);
}

static void opens (void)
{
    static const char *const channels[] = {"chat", "chat", "mail", "mail", "form", "phone"};
    static const char *const tiers[] = {"", "", "gold"};
    uint64_t customer = draw (40);
    json_t *message = json_pack ("{s:s, s:o, s:s, s:s}", "channel", channels[draw (6)], "customer",
                                 json_sprintf ("customer%d@example.com", (int)customer), "subject",
                                 chance (40) ? "my card" : "a question", "tier", tiers[draw (3)]);
    if (chance (25))
        json_object_set_new (message, "thread", json_sprintf ("t%d", (int)draw (THREADS)));
    if (chance (15)) {
        json_object_set_new (message, "return_way", json_string ("callback"));
        json_object_set_new (message, "return_to", json_string ("https://customers.example.com/back"));
    }
    if (chance (10))
        json_object_set_new (message, "priority", json_integer ((json_int_t)draw (5) - 1));
    say_it (message, "/v1/contacts");
}

static void says_more (void)
{
    char target[128];
    if (!laws_contacts ())
        return;
    size_t newest = laws_contacts (), span = newest < 12 ? newest : 12;
    const shadow_t *shadow = laws_contact_at (newest - 1 - (size_t)draw (span));
    if (!shadow->known || shadow->poisoned)
        return;
    snprintf (target, sizeof target, "/v1/contacts/%s/messages", shadow->id);
    say_it (json_pack ("{s:s}", "customer", shadow->last.customer), target);
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

/* One call: it rings, and then it is answered, or given up; what its platform says of it may come twice, and is lost now
 * and then. */
typedef struct line {
    int number, customer;
    const char *state, *person;
} line_t;

static void line_says (const line_t *self, const char *state)
{
    json_t *message =
        json_pack ("{s:s, s:o, s:o, s:s}", "channel", "phone", "customer", json_sprintf ("+4930%04d", self->customer),
                   "thread", json_sprintf ("line %d", self->number), "call", state);
    if (strcmp (state, "answered") == 0 && *self->person)
        json_object_set_new (message, "call_person", json_string (self->person));
    say_it (message, "/v1/contacts");
}

static void line_ends (void *arg)
{
    line_t *self = arg;
    if (!ended && chance (90))
        line_says (self, strcmp (self->state, "answered") == 0 ? "ended" : chance (10) ? "ringing" : "abandoned");
    free (self);
}

static void line_goes_on (void *arg)
{
    static const char *const people[] = {"ada", "ben", "eva", "finn", "lena", "", "+491234"};
    line_t *self = arg;
    self->state = chance (50) ? "answered" : "abandoned";
    self->person = people[draw (7)];
    if (!ended && chance (90))
        line_says (self, self->state);
    fake_at (between (1000, paced (5 * 60 * 1000)), line_ends, self);
}

static void rings (void)
{
    static int lines;
    line_t *self = xcalloc (1, sizeof *self);
    self->number = ++lines;
    self->customer = (int)draw (12);
    line_says (self, "ringing");
    fake_at (between (2000, 90 * 1000), line_goes_on, self);
}

/* --- mail that comes back --------------------------------------------------------------------------------------- */

static void came_back (void *arg, int status, const char *body)
{
    (void)arg;
    static const int fine[] = {-1, 0, 200, 409, 422, 429, 500, 503};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (fine[i] == status && (status != 500 || laws_poisoned ()))
            return;
    broken ("4 (answers)", NULL, "a mail server was answered %d %s", status, body);
}

/* A mail server took it, and finds out later that nobody is there, or that the box is full. */
static void send_back (const fake_mail_t *mail)
{
    static int bounces;
    char *body;
    if (asprintf (&body,
                  "From: MAILER-DAEMON@example.com\r\nTo: desk@example.com\r\nSubject: returned\r\n"
                  "Message-ID: <bounce%d@example.com>\r\nMIME-Version: 1.0\r\n"
                  "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
                  "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
                  "Final-Recipient: rfc822; %s\r\nAction: %s\r\nStatus: 5.1.1\r\n\r\n"
                  "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: %s%s%s\r\n\r\n--b--\r\n",
                  ++bounces, mail->to, chance (80) ? "failed" : "delivered", *mail->message_id == '<' ? "" : "<",
                  mail->message_id, *mail->message_id == '<' ? "" : ">") < 0)
        abort ();
    door_send (&(door_request_t){.method = "POST",
                                 .target = "/v1/mail?channel=mail",
                                 .body = body,
                                 .key = "",
                                 .again = chance (80),
                                 .twice = chance (20),
                                 .fn = came_back});
    free (body);
}

static void mail_server (void *arg)
{
    static size_t seen;
    (void)arg;
    for (; seen < fake_mails (); seen++)
        if (fake_mail (seen)->taken && !ended && chance (6))
            send_back (fake_mail (seen));
    if (!ended)
        fake_at (between (1000, 10 * 60 * 1000), mail_server, NULL);
}

static bool is_day (void)
{
    time_t now = (time_t)(fake_wall () / 1000);
    struct tm parts;
    gmtime_r (&now, &parts);
    return parts.tm_hour >= 7 && parts.tm_hour < 18;
}

static void one (void *arg)
{
    (void)arg;
    if (ended)
        return;
    if (chance (12))
        rings ();
    else if (chance (60))
        opens ();
    else
        says_more ();
}

static void next (void *arg)
{
    (void)arg;
    if (ended)
        return;
    one (NULL);
    for (uint64_t n = chance (6) ? draw (BURST_MAX) : 0; n > 0; n--)
        fake_at (between (0, 6000), one, NULL);
    fake_at (about (paced (is_day () ? GAP_DAY_MS : GAP_NIGHT_MS)), next, NULL);
}

void customers_begin (void)
{
    fake_at (about (60000), next, NULL);
    fake_at (about (60000), mail_server, NULL);
}

void customers_end (void)
{
    ended = true;
}
