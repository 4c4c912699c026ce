/* verbs_do.c - what happens in a scenario: customers, people, time, faults. */
#include "replay.h"

#include "keys.h"
#include "record.h"
#include "xmalloc.h"

#include <jansson.h>
#include <stdio.h>

#define WORD(n) (taken->words[n])

static void set_option (json_t *body, const taken_t *taken, const char *option, const char *key)
{
    const char *value = option_of (taken, option);
    if (value && strcmp (key, "priority") == 0)
        json_object_set_new (body, key, json_integer (word_number (value)));
    else if (value)
        json_object_set_new (body, key, json_string (value));
}

static const reply_t *send_json (const char *target, json_t *body, const char *key)
{
    char *text = json_dumps (body, 0);
    const reply_t *reply = stage_request ("POST", target, text, key);
    free (text);
    json_decref (body);
    return reply;
}

static void must_be_2xx (const reply_t *reply, const char *what)
{
    if (reply->status < 200 || reply->status > 299)
        fail ("%s: %d %s", what, reply->status, reply->body);
}

/* --- customers ------------------------------------------------------------------------------------------- */

static void remember (const reply_t *reply, const char *alias)
{
    json_t *answer = json_loads (reply->body, 0, NULL);
    const char *id = json_string_value (json_object_get (answer, "contact"));
    if (id)
        alias_set (alias, id);
    json_decref (answer);
}

static void try_submit (const taken_t *taken)
{
    json_t *body = json_pack ("{s:s, s:s, s:s}", "channel", WORD (0), "text", WORD (1), "customer", WORD (2));
    static const char *const options[][2] = {
        {"subject", "subject"},   {"thread", "thread"},      {"tier", "tier"},
        {"language", "language"}, {"priority", "priority"},  {"way", "return_way"},
        {"to", "return_to"},      {"message", "message_id"}, {"name", "customer_name"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        set_option (body, taken, options[i][0], options[i][1]);
    remember (send_json ("/v1/contacts", body, option_of (taken, "key")), WORD (3));
}

static void submit (const taken_t *taken)
{
    try_submit (taken);
    must_be_2xx (stage_reply (), "submit");
}

static void try_says (const taken_t *taken)
{
    char target[128];
    contact_t contact = look_contact (WORD (0));
    snprintf (target, sizeof target, "/v1/contacts/%s/messages", contact.id);
    send_json (target, json_pack ("{s:s, s:s}", "text", WORD (1), "customer", contact.customer), NULL);
}

static void says (const taken_t *taken)
{
    try_says (taken);
    must_be_2xx (stage_reply (), "message");
}

/* --- people ------------------------------------------------------------------------------------------------ */

static void try_act (const taken_t *taken)
{
    char target[128];
    snprintf (target, sizeof target, "/v1/contacts/%s/actions", alias_id (WORD (2)));
    json_t *body = json_pack ("{s:s, s:s}", "action", WORD (1), "person", WORD (0));
    if (taken->n > 3)
        json_object_set_new (body, "text", json_string (WORD (3)));
    set_option (body, taken, "to", "to_person");
    set_option (body, taken, "team", "to_team");
    set_option (body, taken, "promise", "promise");
    send_json (target, body, option_of (taken, "key"));
}

static void act (const taken_t *taken)
{
    try_act (taken);
    must_be_2xx (stage_reply (), WORD (1));
}

static void present (const taken_t *taken)
{
    stage_present (WORD (0), true);
}

static void away (const taken_t *taken)
{
    stage_present (WORD (0), false);
}

static void silent (const taken_t *taken)
{
    stage_silent (WORD (0));
}

static void tries (const taken_t *taken)
{
    stage_tries (WORD (0));
}

/* --- time and services -------------------------------------------------------------------------------------- */

static void pass (const taken_t *taken)
{
    stage_pass (word_ms (WORD (0), WORD (1)));
}

static void policy (const taken_t *taken)
{
    if (!taken->block)
        fail ("policy wants its text: policy << ... >>");
    stage_policy (taken->block);
}

static void reload (const taken_t *taken)
{
    if (!taken->block)
        fail ("reload wants its text: reload << ... >>");
    stage_reload (taken->block);
}

static void bad_policy (const taken_t *taken)
{
    if (!taken->block)
        fail ("bad policy wants its text: bad policy << ... >>");
    stage_bad_policy (taken->block);
}

static void service_dies (const taken_t *taken)
{
    fake_kill (stage_loop (WORD (0)));
}

static void dies_at (loop_t *loop, const char *place)
{
    static const char *const places[] = {"",          "before-commit", "after-commit", "after-lease", "before-send",
                                         "after-send"};
    for (size_t i = 1; i < sizeof places / sizeof *places; i++) {
        if (strcmp (places[i], place) == 0) {
            fake_kill_at (loop, (fake_kill_t)i);
            return;
        }
    }
    fail ("'%s' is no place to die at", place);
}

static void service_dies_at (const taken_t *taken)
{
    dies_at (stage_loop (WORD (0)), WORD (1));
}

static void oldest_dies (const taken_t *taken)
{
    fake_kill (stage_oldest (WORD (0)));
}

static void oldest_dies_at (const taken_t *taken)
{
    dies_at (stage_oldest (WORD (0)), WORD (1));
}

static void service_starts (const taken_t *taken)
{
    stage_start (WORD (0));
}

static void setting (const taken_t *taken)
{
    stage_setting (WORD (0), WORD (1), WORD (2));
}

/* --- faults ------------------------------------------------------------------------------------------------- */

static void peer_answers (const taken_t *taken)
{
    fake_peer (WORD (0), FAKE_PEER_ANSWERS, (int)word_number (WORD (1)), 0, taken->n > 2 ? word_number (WORD (2)) : -1);
}

static void peer_is (const taken_t *taken)
{
    static const struct {
        const char *word;
        fake_peer_t kind;
    } words[] = {{"silent", FAKE_PEER_SILENT},
                 {"down", FAKE_PEER_DOWN},
                 {"garbled", FAKE_PEER_GARBAGE},
                 {"forgetful", FAKE_PEER_LOST}}; /* takes it, and its answer is lost */
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp (words[i].word, WORD (1)) == 0) {
            fake_peer (WORD (0), words[i].kind, 0, 0, taken->n > 2 ? word_number (WORD (2)) : -1);
            return;
        }
    }
    fail ("a peer can't be '%s'", WORD (1));
}

static void peer_takes (const taken_t *taken)
{
    fake_peer (WORD (0), FAKE_PEER_ANSWERS, 0, word_ms (WORD (1), WORD (2)), -1);
}

static void peers_fine (const taken_t *taken)
{
    (void)taken;
    fake_peers_clear ();
}

static void store_is (const taken_t *taken)
{
    bool gone = strcmp (WORD (0), "away") == 0;
    if (!gone && strcmp (WORD (0), "back") != 0)
        fail ("the store is away or back");
    fake_store_fault (FAKE_STORE_AWAY, gone);
    fake_run ();
}

static void store_evicts (const taken_t *taken)
{
    (void)taken;
    fake_store_fault (FAKE_STORE_EVICTS, 1);
    fake_run ();
}

static void store_keeps (const taken_t *taken)
{
    (void)taken;
    fake_store_fault (FAKE_STORE_EVICTS, 0);
    fake_run ();
}

static void store_slow (const taken_t *taken)
{
    fake_store_fault (FAKE_STORE_SLOW, word_ms (WORD (0), WORD (1)));
}

static void store_loses (const taken_t *taken)
{
    fake_store_fault (FAKE_STORE_RESENT, word_number (WORD (0)));
}

static void store_unknown (const taken_t *taken)
{
    fake_store_fault (FAKE_STORE_UNKNOWN, word_number (WORD (0)));
}

static void store_refuses (const taken_t *taken)
{
    fake_store_fault (FAKE_STORE_REFUSE, word_number (WORD (0)));
}

static void store_memory (const taken_t *taken)
{
    fake_store_memory ((double)word_number (WORD (0)) / 100);
}

static void store_jumps (const taken_t *taken)
{
    fake_store_jump (word_ms (WORD (0), WORD (1)));
}

static bus_link_t link_of (const char *word)
{
    static const char *const words[] = {"submit", "route", "due", "outbox", "stream"};
    for (size_t i = 0; i < BUS_LINKS; i++) {
        if (strcmp (words[i], word) == 0)
            return (bus_link_t)i;
    }
    fail ("'%s' is no link of the bus", word);
}

static void bus_drops (const taken_t *taken)
{
    bool all = strcmp (WORD (1), "everything") == 0;
    fake_bus_fault (link_of (WORD (0)), FAKE_BUS_DROP, all ? -1 : word_number (WORD (1)), 0);
}

static void bus_doubles (const taken_t *taken)
{
    fake_bus_fault (link_of (WORD (0)), FAKE_BUS_DOUBLE, -1, word_number (WORD (1)));
}

/* The body of a record becomes garbage; its head stays, as after a bad disk or a bad worker. */
static void breaks (const taken_t *taken)
{
    char key[KEY_SIZE];
    size_t size = 0;
    key_contact (key, 0, WORKSPACE, alias_id (WORD (0)));
    const char *bytes = fake_store_string (key, &size);
    if (!bytes || size < RECORD_HEAD_SIZE)
        fail ("'%s' has no record", WORD (0));
    char *copy = xmemdup (bytes, size);
    size_t head = RECORD_HEAD_SIZE + (size_t)copy[2] * EVENT_ID_SIZE;
    memset (copy + head, 0xff, size - head);
    fake_store_put (key, copy, size);
    free (copy);
}

/* The timer is gone and the record says that something is to come. */
static void unarms (const taken_t *taken)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    fake_store_unplace (key_due (key, 0, KIND_CONTACT), member_make (member, WORKSPACE, alias_id (WORD (0))));
}

static void overlook (const taken_t *taken)
{
    outputs_overlook (OUTPUT_LOG, WORD (0), taken->n > 1 ? WORD (1) : NULL);
}

static void overlook_mail (const taken_t *taken)
{
    outputs_overlook (OUTPUT_MAIL, WORD (0), NULL);
}

static void overlook_call (const taken_t *taken)
{
    outputs_overlook (OUTPUT_CALL, WORD (0), NULL);
}

static void leave_open (const taken_t *taken)
{
    alias_leave (WORD (0));
}

static void leave (const taken_t *taken)
{
    look_leave (WORD (0));
}

static void show (const taken_t *taken)
{
    look_print_timeline (stderr, alias_id (WORD (0)));
}

const verb_t verbs_do[] = {
    {"policy", policy},
    {"reload", reload},
    {"bad policy", bad_policy},
    {"submit CHANNEL TEXT from CUSTOMER as CONTACT ...", submit},
    {"try submit CHANNEL TEXT from CUSTOMER as CONTACT ...", try_submit},
    {"says CONTACT TEXT", says},
    {"try says CONTACT TEXT", try_says},
    {"person NAME present", present},
    {"person NAME away", away},
    {"person NAME silent", silent},
    {"person NAME tries", tries},
    {"act PERSON ACTION CONTACT ...", act},
    {"act PERSON ACTION CONTACT TEXT ...", act},
    {"try PERSON ACTION CONTACT ...", try_act},
    {"try PERSON ACTION CONTACT TEXT ...", try_act},
    {"pass N UNIT", pass},
    {"service KIND dies", service_dies},
    {"service KIND dies PLACE", service_dies_at},
    {"oldest KIND dies", oldest_dies},
    {"oldest KIND dies PLACE", oldest_dies_at},
    {"service KIND starts", service_starts},
    {"setting KIND NAME VALUE", setting},
    {"peer ADDRESS answers STATUS", peer_answers},
    {"peer ADDRESS answers STATUS for N", peer_answers},
    {"peer ADDRESS is HOW", peer_is},
    {"peer ADDRESS is HOW for N", peer_is},
    {"peer ADDRESS takes N UNIT", peer_takes},
    {"peers are fine", peers_fine},
    {"store is AWAY", store_is},
    {"store evicts", store_evicts},
    {"store keeps", store_keeps},
    {"store takes N UNIT", store_slow},
    {"store loses N answers", store_loses},
    {"store leaves N unanswered", store_unknown},
    {"store refuses N commits", store_refuses},
    {"store memory N", store_memory},
    {"store clock jumps N UNIT", store_jumps},
    {"bus LINK drops N", bus_drops},
    {"bus LINK doubles within N ms", bus_doubles},
    {"break CONTACT", breaks},
    {"unarm CONTACT", unarms},
    {"overlook told NAME", overlook},
    {"overlook told NAME PURPOSE", overlook},
    {"overlook mail to ADDRESS", overlook_mail},
    {"overlook call to URL", overlook_call},
    {"leave WHAT", leave},
    {"leave CONTACT open", leave_open},
    {"show CONTACT", show},
    {NULL, NULL},
};
