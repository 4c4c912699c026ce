/* policy_yaml_in.c - `in:` of a channel: what its platform sends, and what that means.
 *
 *   in:
 *     content: json                        # json, form, multipart, query, or a list of them
 *     verify: { hmac: sha256, value: "{@header.X-Signature}", secret: example-signing }
 *     challenge: { when: "{type}", is: url_verification, answer: "{challenge}" }
 *     each: entry.messages                 # where the messages stand; without it the payload is one
 *     ignore: [{ when: "{bot_id}", why: "a bot wrote it" }]
 *     sender: "{from}"                     # templates (pick.h); of a list the first that is there
 *     text: ["{text.body}", "{caption}"]
 *     attachments: { each: files, name: "{filename}", type: "{mime}" }
 *     call: { value: "{CallStatus}", words: { ringing: ringing, completed: ended } }
 *     receipts: { each: statuses, id: "{id}", state: "{status}", words: { read: read } }
 *     answer: { status: 200, type: text/xml, body: "<Response/>" }
 *
 * Secrets are names of files in intake's secrets directory, never words of the policy. */
#include "policy_yaml_in.h"
#include "ids.h"

#include <string.h>

enum {
    ALTERNATIVES_MAX = 16,
    RULES_MAX = 32,
    WHY_MAX = 120,
    WORD_MAX = 120,
};
YAML_LIST_ASSERT (channel_in_t, ignore);
YAML_LIST_ASSERT (in_rule_t, is);
YAML_LIST_ASSERT (in_state_t, words);

/* ---- templates */

void yaml_read_pick (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    char why[DETAIL_SIZE];
    pick_t pick;
    if (!yaml_is (self, key, value, NODE_TEXT, "a template like \"{from}\""))
        return;
    if (value->length > PICK_TEXT_MAX)
        yaml_fail (self, value, "at most 1024 bytes", "%s of %s is too long", key->name, self->where);
    else if (!pick_parse (self->arena, value->text, &pick, why))
        yaml_fail (self, value, "a template like \"{from}\" or \"{entry.0.id}\"; {{ is a brace", "%s of %s: %s",
                   key->name, self->where, why);
    else
        *(pick_t *)field = pick;
}

/* One template, or several of which the first that is there counts. */
static void read_picks (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    picks_t *picks = field;
    bool list = value->kind == NODE_LIST;
    size_t n = list ? value->n : 1;
    if (n > ALTERNATIVES_MAX) {
        yaml_fail (self, value, "at most 16", "%s of %s are %zu templates", key->name, self->where, n);
        return;
    }
    pick_t *items = arena_alloc (self->arena, n * sizeof *items);
    *picks = (picks_t){items, 0};
    for (const node_t *item = list ? value->first : value; item; item = list ? item->next : NULL) {
        yaml_read_pick (self, key, item, &items[picks->n]);
        picks->n += items[picks->n].source != NULL;
    }
}

static void read_path (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "a path like entry.changes.value.messages";
    char why[DETAIL_SIZE];
    pick_path_t path;
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    if (pick_path_parse (self->arena, value->text, &path, why))
        *(pick_path_t *)field = path;
    else
        yaml_fail (self, value, expected, "%s of %s: %s", key->name, self->where, why);
}

/* ---- words that mean a state */

static const yaml_word_t call_words[] = {{"ringing", BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING},
                                         {"answered", BUCKSTOP__V1__CALL_STATE__CALL_STATE_ANSWERED},
                                         {"abandoned", BUCKSTOP__V1__CALL_STATE__CALL_STATE_ABANDONED},
                                         {"ended", BUCKSTOP__V1__CALL_STATE__CALL_STATE_ENDED},
                                         {NULL, 0}};
static const yaml_word_t receipt_words[] = {{"sent", RECEIPT_SENT},
                                            {"delivered", RECEIPT_DELIVERED},
                                            {"read", RECEIPT_READ},
                                            {"failed", RECEIPT_FAILED},
                                            {NULL, 0}};

/* The platform's word, a colon, ours. */
static void read_states (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_list_t *list = field;
    size_t n = 0;
    if (!yaml_is (self, key, value, NODE_MAP, "a map of the platform's words and what each means"))
        return;
    if (value->n > IN_WORDS_MAX)
        yaml_fail (self, value, "at most 64 words", "%s of %s are %zu", key->name, self->where, value->n);
    in_word_t *rows = arena_alloc (self->arena, value->n * sizeof *rows);
    for (const node_t *word = value->first; word; word = word->next) {
        rows[n] = (in_word_t){arena_copy (self->arena, word->text, word->length), 0};
        if (word->value)
            yaml_read_word (self, key, word->value, &rows[n].value);
        n += rows[n].value != 0;
    }
    *list = (yaml_list_t){rows, n};
}

static const yaml_key_t call_keys[] = {
    {"value", read_picks, offsetof (in_state_t, value), 0, 0, "where the state of the call stands", true},
    {"words", read_states, offsetof (in_state_t, words), 0, 0, "the platform's words: ringing, answered, ...", true,
     call_words},
    YAML_KEYS_END,
};

static void read_call (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_read_map (self, value, call_keys, field, yaml_where (self, "%s of %s", key->name, self->where));
}

static const yaml_key_t receipt_keys[] = {
    {"each", read_path, offsetof (in_receipts_t, each), 0, 0, "where they stand; without it: the payload is one"},
    {"id", read_picks, offsetof (in_receipts_t, id), 0, 0, "the platform's id of what was sent", true},
    {"state", read_picks, offsetof (in_receipts_t, state.value), 0, 0, "where its state stands", true},
    {"words", read_states, offsetof (in_receipts_t, state.words), 0, 0, "the platform's words: delivered, failed, ...",
     true, receipt_words},
    {"reason", read_picks, offsetof (in_receipts_t, reason), 0, 0, "why it failed"},
    {"time", read_picks, offsetof (in_receipts_t, time), 0, 0, "since when"},
    YAML_KEYS_END,
};

static void read_receipts (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    in_receipts_t *receipts = field;
    receipts->is = true;
    yaml_read_map (self, value, receipt_keys, field, yaml_where (self, "%s of %s", key->name, self->where));
}

/* One path, or several of which all count. */
static void read_paths (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    in_paths_t *paths = field;
    bool list = value->kind == NODE_LIST;
    if (list && value->n > IN_PATHS_MAX) {
        yaml_fail (self, value, "at most 4", "%s of %s are %zu paths", key->name, self->where, value->n);
        return;
    }
    for (const node_t *item = list ? value->first : value; item; item = list ? item->next : NULL)
        read_path (self, key, item, &paths->items[paths->n++]);
}

static const yaml_word_t encodings[] = {{"base64", IN_BASE64}, {NULL, 0}};
static const yaml_key_t attachment_keys[] = {
    {"each", read_paths, offsetof (in_attachments_t, each), 0, 0, "where they stand", true},
    {"name", read_picks, offsetof (in_attachments_t, name), 0, 0, "a file's name"},
    {"type", read_picks, offsetof (in_attachments_t, type), 0, 0, "its type"},
    {"size", read_picks, offsetof (in_attachments_t, size), 0, 0, "bytes"},
    {"content", read_picks, offsetof (in_attachments_t, content), 0, 0, "what is in it, where the payload has it"},
    {"encoding", yaml_read_word, offsetof (in_attachments_t, encoding), 0, 0, "of the content: base64", false,
     encodings},
    YAML_KEYS_END,
};

static void read_attachments (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_read_map (self, value, attachment_keys, field, yaml_where (self, "%s of %s", key->name, self->where));
}

/* ---- what does not count */

/* One word, or a list of them. */
static void read_is (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_list_t *list = field;
    if (value->kind == NODE_LIST && value->n <= IN_WORDS_MAX) {
        yaml_read_texts (self, key, value, field);
        return;
    }
    const char **rows = arena_alloc (self->arena, sizeof *rows);
    yaml_read_line (self, key, value, &rows[0]);
    *list = (yaml_list_t){rows, rows[0] != NULL};
}

static const yaml_key_t rule_keys[] = {
    {"when", yaml_read_pick, offsetof (in_rule_t, when), 0, 0, "a template: is that there?"},
    {"unless", yaml_read_pick, offsetof (in_rule_t, unless), 0, 0, "a template: is that not there?"},
    {"is", read_is, offsetof (in_rule_t, is), 1, WORD_MAX, "a word, or a list of them"},
    {"why", yaml_read_line, offsetof (in_rule_t, why), 1, WHY_MAX, "the reason, in words", true},
    YAML_KEYS_END,
};

static void read_ignore (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_list_t *list = field;
    in_rule_t *rows = yaml_list_rows (self, value, sizeof *rows, "rules", &list->n);
    size_t i = 0;
    list->items = rows;
    if (list->n > RULES_MAX)
        yaml_fail (self, value, "at most 32 rules", "%s of %s are %zu", key->name, self->where, list->n);
    for (const node_t *item = rows ? value->first : NULL; item; item = item->next, i++) {
        yaml_read_map (self, item, rule_keys, &rows[i], yaml_where (self, "%s of %s", key->name, self->where));
        if (item->kind == NODE_MAP && !rows[i].when.source == !rows[i].unless.source)
            yaml_fail (self, item, "one of when, unless", "a rule of %s of %s has none of them, or both", key->name,
                       self->where);
    }
}

/* ---- the rest */

static const yaml_key_t answer_keys[] = {
    {"status", yaml_read_number, offsetof (in_answer_t, status), 200, 299, "of HTTP"},
    {"type", yaml_read_line, offsetof (in_answer_t, type), 3, WORD_MAX, "of the body"},
    {"body", yaml_read_pick, offsetof (in_answer_t, body), 0, 0, "a template"},
    YAML_KEYS_END,
};

static void read_answer (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    yaml_read_map (self, value, answer_keys, field, yaml_where (self, "%s of %s", key->name, self->where));
}

static const yaml_word_t contents[] = {
    {"json", IN_JSON}, {"form", IN_FORM}, {"multipart", IN_MULTIPART}, {"query", IN_QUERY}, {NULL, 0}};

static void read_content (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    bool list = value->kind == NODE_LIST;
    int *bits = field;
    *bits = 0;
    for (const node_t *item = list ? value->first : value; item; item = list ? item->next : NULL) {
        int bit = 0;
        yaml_read_word (self, key, item, &bit);
        *bits |= bit;
    }
}

#define IN(field)    offsetof (channel_in_t, field)
#define FIELD(which) offsetof (channel_in_t, fields) + (which) * sizeof (picks_t)
static const yaml_key_t in_keys[] = {
    {"content", read_content, IN (content), 0, 0, "json, form, multipart, query, or a list of them", true, contents},
    {"verify", yaml_read_verify, IN (verify), 0, 0, "how it is told that it is the platform; or none", true},
    {"challenge", yaml_read_challenge, IN (challenges), 0, 0, "questions that the platform asks at set-up"},
    {"each", read_paths, IN (each), 0, 0, "where the messages stand: a path, or several"},
    {"ignore", read_ignore, IN (ignore), 0, 0, "what is no message, each with the reason"},
    {"sender", read_picks, FIELD (IN_SENDER), 0, 0, "who wrote"},
    {"name", read_picks, FIELD (IN_NAME), 0, 0, "their name"},
    {"subject", read_picks, FIELD (IN_SUBJECT), 0, 0, "what it is about"},
    {"text", read_picks, FIELD (IN_TEXT), 0, 0, "what they wrote"},
    {"fresh", read_picks, FIELD (IN_FRESH), 0, 0, "of it what is new"},
    {"thread", read_picks, FIELD (IN_THREAD), 0, 0, "the conversation's id"},
    {"message_id", read_picks, FIELD (IN_MESSAGE_ID), 0, 0, "the message's id: each counts once"},
    {"language", read_picks, FIELD (IN_LANGUAGE), 0, 0, "like en or pt-BR"},
    {"tier", read_picks, FIELD (IN_TIER), 0, 0, "the customer's tier"},
    {"time", read_picks, FIELD (IN_TIME), 0, 0, "when it was sent"},
    {"return_to", read_picks, FIELD (IN_RETURN_TO), 0, 0, "where answers go; without it: to the sender"},
    {"references", read_picks, IN (references), 0, 0, "other threads that it may belong to"},
    {"attachments", read_attachments, IN (attachments), 0, 0, "files that came with it"},
    {"mail", read_picks, FIELD (IN_MAIL), 0, 0, "a field that holds a whole message as MIME"},
    {"call", read_call, IN (call), 0, 0, "of a telephone: what the line does"},
    {"call_person", read_picks, FIELD (IN_CALL_PERSON), 0, 0, "who answered"},
    {"receipts", read_receipts, IN (receipts), 0, 0, "what became of what we sent"},
    {"answer", read_answer, IN (answer), 0, 0, "what the platform wants to hear"},
    YAML_KEYS_END,
};

void yaml_read_in (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    channel_in_t *in = arena_alloc (self->arena, sizeof *in);
    size_t errors = self->errors->n;
    in->answer = (in_answer_t){.status = 200, .type = "application/json"};
    yaml_read_map (self, value, in_keys, in, yaml_where (self, "%s of %s", key->name, self->where));
    if (self->errors->n != errors || value->kind != NODE_MAP)
        return;
    if (!in->fields[IN_TEXT].n && !in->fields[IN_MAIL].n && !in->call.value.n && !in->receipts.is)
        yaml_fail (self, value, "text: where it stands", "%s of %s says nowhere what a customer wrote", key->name,
                   self->where);
    else
        *(const channel_in_t **)field = in;
}

/* ---- once the channel is read as a whole */

/* "{set.NAME}" as the channel sets it. */
static void settle (reader_t *self, const node_t *at, const policy_channel_t *channel, const char **word, bool name)
{
    const char *text = *word;
    size_t length = text ? strlen (text) : 0;
    if (!text || strncmp (text, "{set.", 5) != 0 || text[length - 1] != '}')
        return;
    for (size_t i = 0; i < channel->settings_n; i++) {
        const policy_setting_t *row = &channel->settings[i];
        if (strlen (row->name) != length - 6 || strncmp (row->name, text + 5, length - 6) != 0)
            continue;
        *word = row->value;
        if (name && !name_valid (row->value))
            yaml_fail (self, at, "the name of a file in intake's secrets directory",
                       "setting '%s' of channel '%s' is no such name", row->name, channel->name);
        return;
    }
    yaml_fail (self, at, "settings: with that name", "channel '%s' does not set '%.*s', which its in: uses",
               channel->name, (int)(length - 6), text + 5);
}

static bool is_set (const policy_channel_t *channel, const char *name)
{
    for (size_t i = 0; i < channel->settings_n; i++)
        if (strcmp (channel->settings[i].name, name) == 0)
            return true;
    return false;
}

static void check_pick (reader_t *self, const node_t *at, const policy_channel_t *channel, const pick_t *pick)
{
    for (size_t i = 0; i < pick->parts_n; i++)
        if (!pick->parts[i].text && pick->parts[i].path.from == PICK_SETTING &&
            !is_set (channel, pick->parts[i].path.name))
            yaml_fail (self, at, "settings: with that name", "channel '%s' does not set '%s', which its in: uses",
                       channel->name, pick->parts[i].path.name);
}

void yaml_check_in (reader_t *self, const node_t *at, const policy_channel_t *channel)
{
    channel_in_t *in = (channel_in_t *)channel->in; /* still ours alone */
    if (!in)
        return;
    settle (self, at, channel, &in->verify.secret, true);
    settle (self, at, channel, &in->verify.url, false);
    for (size_t i = 0; i < in->challenges_n; i++)
        settle (self, at, channel, &((in_challenge_t *)in->challenges)[i].secret, true);
    check_pick (self, at, channel, &in->answer.body);
    for (int field = 0; field < IN_FIELDS; field++)
        for (size_t i = 0; i < in->fields[field].n; i++)
            check_pick (self, at, channel, &in->fields[field].items[i]);
}
