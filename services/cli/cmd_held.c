/* cmd_held.c - buckstop held: what would go out while sending is held (hold.h), and the word that lets it go or drops it.
 *
 * Hears: the outbox, page by page, with the contacts of what is in it. Says: a table, or one notice as it would go out;
 * cmd_held_write.c says what is to become of them.
 * Limits: the outbox is no snapshot: what comes or goes meanwhile may be left out; whoever acts looks again. */
#include "cmd_held.h"

#include "keys.h"
#include "values.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum { MEMBERS_PAGE = 256, RECORDS_PAGE = 64 };

/* ---- the hold */

int held_read_hold (held_command_t *self)
{
    cli_t *cli = self->cli;
    char key[KEY_SIZE];
    cli_values_t values = {0};
    const char *keys[] = {key_hold (key, self->shard, cli->workspace)};
    store_get (cli->store, keys, 1, cli_take, cli_ask (cli, &values));
    int rc = cli_got (&values);
    self->is_held = rc == CLI_GO && values.n && values.items[0].bytes;
    if (self->is_held) {
        self->hold = hold_read (values.items[0].bytes, values.items[0].size);
        self->hold_size = values.items[0].size < HOLD_SIZE ? values.items[0].size : HOLD_SIZE - 1;
        memcpy (self->hold_text, values.items[0].bytes, self->hold_size);
    }
    cli_values_clear (&values);
    return rc;
}

/* ---- the outbox */

typedef struct ids {
    char (*items)[DELIVERY_ID_SIZE];
    size_t n, room;
} ids_t;

static void ids_add (ids_t *self, const char *id)
{
    if (self->n == self->room) {
        self->room = self->room ? 2 * self->room : MEMBERS_PAGE;
        self->items = xrealloc (self->items, self->room * sizeof *self->items);
    }
    snprintf (self->items[self->n++], DELIVERY_ID_SIZE, "%s", id);
}

static int add_page (const held_command_t *self, int64_t offset, ids_t *ids, size_t *seen)
{
    char key[KEY_SIZE];
    cli_t *cli = self->cli;
    cli_values_t values = {0};
    store_range (cli->store, key_due (key, self->shard, KIND_DELIVERY), 0, INT64_MAX, offset, MEMBERS_PAGE, cli_take,
                 cli_ask (cli, &values));
    int rc = cli_got (&values);
    *seen = values.n;
    for (size_t i = 0; rc == CLI_GO && i < values.n; i++) {
        char workspace[NAME_SIZE], id[DELIVERY_ID_SIZE];
        if (member_split (values.items[i].bytes, values.items[i].size, workspace, id, sizeof id) == 0 &&
            word_same (workspace, cli->workspace))
            ids_add (ids, id);
    }
    cli_values_clear (&values);
    return rc;
}

/* Those that were named, or all. */
static int list_ids (const held_command_t *self, ids_t *ids)
{
    int rc = CLI_GO;
    size_t seen = MEMBERS_PAGE;
    for (int i = 1; i < self->cli->words_n; i++)
        ids_add (ids, self->cli->words[i]);
    for (int64_t offset = 0; rc == CLI_GO && self->cli->words_n < 2 && seen == MEMBERS_PAGE; offset += MEMBERS_PAGE)
        rc = add_page (self, offset, ids, &seen);
    return rc;
}

static bool is_like (const char *wanted, const char *found)
{
    return !wanted || strcmp (wanted, found) == 0;
}

static bool is_wanted (const held_command_t *self, const delivery_t *delivery)
{
    size_t length = strlen (delivery->contact), part = self->contact ? strlen (self->contact) : 0;
    return part <= length && is_like (self->contact, delivery->contact + length - part) &&
           is_like (self->person, delivery->person) && is_like (self->way, way_name (delivery->way)) &&
           is_like (self->purpose, purpose_name (delivery->purpose)) && is_like (self->channel, delivery->channel) &&
           (!self->customers || !*delivery->person) && (!self->before_at || delivery->created_at < self->before_at);
}

/* The records of a page, then those of their contacts. */
static int look_at_page (held_command_t *self, char (*ids)[DELIVERY_ID_SIZE], size_t n, held_fn *fn, void *arg)
{
    cli_t *cli = self->cli;
    char keys[RECORDS_PAGE][KEY_SIZE];
    const char *list[RECORDS_PAGE];
    held_row_t *rows = xcalloc (n, sizeof *rows);
    cli_values_t records = {0}, contacts = {0};
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        list[i] = key_delivery (keys[i], self->shard, cli->workspace, ids[i]);
    store_get (cli->store, list, n, cli_take, cli_ask (cli, &records));
    int rc = cli_got (&records);
    for (size_t i = 0; rc == CLI_GO && i < records.n; i++) {
        held_row_t *row = &rows[found];
        const store_value_t *value = &records.items[i];
        if (!value->bytes || delivery_unpack (value->bytes, value->size, &row->head, &row->delivery) != RECORD_OK)
            continue;
        bool waits = !row->delivery.dead && !row->delivery.ended;
        if (waits)
            held_there_add (self, &row->delivery);
        if (waits && is_wanted (self, &row->delivery))
            found++;
        else
            delivery_clear (&row->delivery);
    }
    for (size_t i = 0; i < found; i++)
        list[i] = key_contact (keys[i], self->shard, cli->workspace, rows[i].delivery.contact);
    if (rc == CLI_GO && found) {
        store_get (cli->store, list, found, cli_take, cli_ask (cli, &contacts));
        rc = cli_got (&contacts);
    }
    for (size_t i = 0; i < found; i++) {
        rows[i].contact = i < contacts.n ? &contacts.items[i] : &(store_value_t){0};
        rc = rc == CLI_GO ? fn (arg, &rows[i]) : rc;
        delivery_clear (&rows[i].delivery);
    }
    cli_values_clear (&records);
    cli_values_clear (&contacts);
    free (rows);
    return rc;
}

int held_each (held_command_t *self, held_fn *fn, void *arg)
{
    ids_t ids = {.items = NULL};
    int rc = list_ids (self, &ids);
    for (size_t at = 0; rc == CLI_GO && at < ids.n; at += RECORDS_PAGE)
        rc = look_at_page (self, ids.items + at, ids.n - at < RECORDS_PAGE ? ids.n - at : RECORDS_PAGE, fn, arg);
    free (ids.items);
    if (rc == CLI_GO)
        held_there_say (self);
    return rc;
}

/* ---- list, show */

typedef struct listing {
    held_command_t *command;
    table_t *table;
    json_t *list;
} listing_t;

static const char *what_it_waits_for (const delivery_t *delivery)
{
    if (*delivery->released)
        return "released";
    if (*delivery->dropped)
        return "dropped";
    return delivery->on_hold ? "waits" : "its time";
}

static int add_row (void *arg, held_row_t *row)
{
    listing_t *self = arg;
    const delivery_t *delivery = &row->delivery;
    char made[CLI_TIME_SIZE], due[CLI_TIME_SIZE];
    wall_ms_t now = store_now (self->command->cli->store);
    const char *to = *delivery->person ? delivery->person : "(customer)", *state = what_it_waits_for (delivery);
    bool waits = delivery->on_hold;
    table_row (self->table, delivery->id, cli_time (delivery->created_at, made),
               waits ? state : cli_in (delivery->due, now, due), purpose_name (delivery->purpose), to,
               way_name (delivery->way), delivery->address, delivery->contact, delivery->subject, NULL);
    json_array_append_new (
        self->list, json_pack ("{s:s, s:s, s:I, s:I, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "id", delivery->id,
                               "state", state, "created_at", (json_int_t)delivery->created_at, "due",
                               (json_int_t)(waits && delivery->held_since ? delivery->held_since : delivery->due),
                               "purpose", purpose_name (delivery->purpose), "person", value_text (delivery->person),
                               "way", way_name (delivery->way), "address", value_text (delivery->address), "contact",
                               value_text (delivery->contact), "channel", value_text (delivery->channel), "subject",
                               value_text (delivery->subject), "body", value_text (delivery->body)));
    return CLI_GO;
}

static void say_hold (const held_command_t *self, size_t n)
{
    char words[DETAIL_SIZE] = "sending is not held: what is due goes out";
    if (self->is_held)
        hold_words (&self->hold, words);
    printf ("%zu in the outbox; %s\n", n, words);
}

static int list (held_command_t *self)
{
    static const char *const heads[] = {"ID",  "MADE",    "GOES",    "PURPOSE", "TO",
                                        "WAY", "ADDRESS", "CONTACT", "SUBJECT", NULL};
    listing_t listing = {.command = self, .table = table_new (heads), .list = json_array ()};
    int rc = held_each (self, add_row, &listing);
    if (rc == CLI_GO && self->cli->json) {
        json_t *answer =
            json_pack ("{s:b, s:o, s:o, s:O}", "held", (int)self->is_held, "by",
                       self->is_held ? value_text (self->hold.by) : json_null (), "reason",
                       self->is_held ? value_text (self->hold.reason) : json_null (), "deliveries", listing.list);
        cli_print_json (answer);
        json_decref (answer);
    } else if (rc == CLI_GO) {
        table_print (listing.table, stdout);
        say_hold (self, json_array_size (listing.list));
    }
    table_destroy (&listing.table);
    json_decref (listing.list);
    return rc == CLI_GO ? CLI_FINE : rc;
}

static int show_one (void *arg, held_row_t *row)
{
    const delivery_t *delivery = &row->delivery;
    (void)arg;
    printf ("%s  %s by %s to %s\nsubject: ", delivery->id, purpose_name (delivery->purpose), way_name (delivery->way),
            *delivery->person ? delivery->person : "the customer");
    cli_quote (stdout, delivery->subject, strlen (delivery->subject), SIZE_MAX);
    printf ("\naddress: %s\n\n", delivery->address);
    for (const char *at = delivery->body; *at;) { /* line by line: a text may hold what a terminal obeys */
        size_t length = strcspn (at, "\n");
        cli_quote (stdout, at, length, SIZE_MAX);
        putchar ('\n');
        at += length + (at[length] == '\n');
    }
    return CLI_FINE;
}

static int show (held_command_t *self)
{
    int rc = held_each (self, show_one, self);
    return rc == CLI_GO
               ? cli_fail (CLI_NO, "there is no such notice in the outbox; 'buckstop held list' names those that wait")
               : rc;
}

/* ---- the command */

typedef struct subcommand {
    const char *word;
    int (*run) (held_command_t *self);
    bool reads, some; /* some: by ids, by a filter, or with --all */
    bool by, reason;
    int words_most; /* 0: any number */
} subcommand_t;

static const subcommand_t subcommands[] = {
    {"list", list, true, false, false, false, 1},           {"show", show, true, false, false, false, 2},
    {"begin", held_begin, false, false, true, true, 1},     {"end", held_end, false, false, true, false, 1},
    {"release", held_release, false, true, true, false, 0}, {"drop", held_drop, false, true, true, true, 0},
};

static const subcommand_t *find (const char *word)
{
    for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
        if (strcmp (subcommands[i].word, word) == 0)
            return &subcommands[i];
    return NULL;
}

/* How many there are; one that is empty is none: a variable that was not set. *empty: which. */
static size_t count_filters (const held_command_t *self, const char **empty)
{
    const char *const rows[][2] = {{"contact", self->contact}, {"person", self->person},   {"way", self->way},
                                   {"purpose", self->purpose}, {"channel", self->channel}, {"before", self->before}};
    size_t n = self->customers;
    *empty = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        n += rows[i][1] != NULL;
        *empty = rows[i][1] && !*rows[i][1] ? rows[i][0] : *empty;
    }
    return n;
}

static int check (held_command_t *self, const subcommand_t *row, const command_t *command)
{
    const char *word = self->cli->words_n ? self->cli->words[0] : "list", *empty;
    size_t filters = count_filters (self, &empty);
    bool unnamed = strcmp (word, "show") == 0 && self->cli->words_n < 2;
    if (!row || unnamed || (row->words_most && self->cli->words_n > row->words_most))
        return cli_usage (self->cli, command);
    if (row->by && !*self->by)
        return cli_fail (CLI_USAGE, "--by NAME: who says so stands on the timelines");
    if (row->reason && !*self->reason)
        return cli_fail (CLI_USAGE, "--reason TEXT: why, for whoever asks later");
    if (row->some && self->cli->words_n < 2 && !filters && !self->all)
        return cli_fail (CLI_USAGE, "say which: ids, as 'buckstop held list' prints them, a filter, or --all");
    if (empty)
        return cli_fail (CLI_USAGE, "--%s is empty: leave it out, or say whose", empty);
    if (self->sent && strcmp (word, "drop") != 0)
        return cli_fail (CLI_USAGE, "--sent belongs to 'drop'");
    self->before_at = self->before ? cli_time_parse (self->before) : 0;
    if (self->before && !self->before_at)
        return cli_fail (CLI_USAGE, "--before wants a time like 2026-05-02T10:00:00Z (UTC), not '%s'", self->before);
    return CLI_GO;
}

static int perform (held_command_t *self, const subcommand_t *row)
{
    int rc = row->reads ? cli_store_open_to_read (self->cli) : cli_store_open (self->cli);
    if (rc != CLI_GO)
        return rc;
    rc = cli_workspace (self->cli);
    if (rc == CLI_GO) {
        self->shard = store_shard (self->cli->store, self->cli->workspace);
        rc = held_read_hold (self);
    }
    if (rc == CLI_GO)
        rc = row->run (self);
    held_there_clear (self);
    cli_store_close (self->cli);
    return rc;
}

int cmd_held (cli_t *cli, const command_t *command, int argc, char **argv)
{
    held_command_t self = {.cli = cli};
    const param_t own[] = {
        {"contact", PARAM_STRING, NULL, 0, 0, &self.contact, "only of this one; its last characters are enough"},
        {"person", PARAM_STRING, NULL, 0, 0, &self.person, "only to this person"},
        {"customers", PARAM_SWITCH, "no", 0, 0, &self.customers, "only to customers"},
        {"way", PARAM_STRING, NULL, 0, 0, &self.way, "only by this way: log, mail, webhook, slack, channel"},
        {"purpose", PARAM_STRING, NULL, 0, 0, &self.purpose, "only for this purpose: offer, step, reply, ..."},
        {"channel", PARAM_STRING, NULL, 0, 0, &self.channel, "only by this channel"},
        {"before", PARAM_STRING, NULL, 0, 0, &self.before, "only what was made before this time (RFC 3339, UTC)"},
        {"all", PARAM_SWITCH, "no", 0, 0, &self.all, "release, drop: everything that is there"},
        {"by", PARAM_STRING, "", 0, 0, &self.by, "who says so; the timelines name them"},
        {"reason", PARAM_STRING, "", 0, 0, &self.reason, "begin, drop: why"},
        {"sent", PARAM_SWITCH, "no", 0, 0, &self.sent,
         "drop: it went out already, before the backup was restored; an answer counts as given"},
        {"dry-run", PARAM_SWITCH, "no", 0, 0, &self.dry_run, "release, drop: say what it would be, and change nothing"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    const subcommand_t *row = find (cli->words_n ? cli->words[0] : "list");
    rc = check (&self, row, command);
    return rc == CLI_GO ? perform (&self, row) : rc;
}
