/* cmd_held_write.c - the word that a notice waits for: it goes, it is dropped, or nothing is held any more.
 *
 * Hears: rows of cmd_held.c. Says: one commit each: the record with the word, its timer at now, an event that names who
 * said so, and on the contact's timeline. What is dropped is settled by notification (hold.c there), since what follows of it is the
 * contact's own life. Where somebody was faster the row is read again.
 * What a sender has in its hands is left to it: its word would be refused after ours, and what was sent counted as dropped,
 * or was sent twice. It is waited for, BUSY_MS at most, and what was said is said of what is left then. */
#include "cmd_held.h"

#include "delivery_sooner.h"
#include "ids.h"
#include "keys.h"
#include "plan.h"
#include "words.h"

#include "clock.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

enum { PASSES_MAX = 5, BUSY_MS = 20000, BUSY_LOOK_MS = 100, BUSY_SAY_MS = 2000, BY_SHOWN = 40, REASON_SHOWN = 150 };

typedef enum verdict { VERDICT_GOES, VERDICT_DROPPED, VERDICT_SENT, VERDICT_NO_HOLD } verdict_t;

typedef struct pass {
    held_command_t *command;
    verdict_t verdict;
    size_t done, faster, busy; /* faster: somebody else was, it is looked at again; busy: with a sender */
    bool waited;               /* some were, and were waited for */
} pass_t;

/* ---- one */

static const char *words_of (const pass_t *self, const delivery_t *delivery, char words[DETAIL_SIZE])
{
    static const char *const rows[] = {[VERDICT_GOES] = "is sent in spite of the hold",
                                       [VERDICT_DROPPED] = "is never sent",
                                       [VERDICT_SENT] = "counts as sent, since it was before",
                                       [VERDICT_NO_HOLD] = "is sent: nothing is held any more"};
    const char *reason = self->command->reason;
    snprintf (words, DETAIL_SIZE, "%s by %s %s%s%s", purpose_name (delivery->purpose), way_name (delivery->way),
              rows[self->verdict], *reason ? ": " : "", WORD_CUT (reason, REASON_SHOWN));
    return words;
}

static void say (const pass_t *self, const held_row_t *row, commit_t *commit)
{
    const delivery_t *delivery = &row->delivery;
    const cli_t *cli = self->command->cli;
    contact_t contact = {0}, named = {0};
    record_head_t head;
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_SENDING_RELEASED,
                   .at = store_now (cli->store),
                   .promise = delivery->promise};
    bool there =
        row->contact->bytes && contact_unpack (row->contact->bytes, row->contact->size, &head, &contact) == RECORD_OK;
    WORD_COPY (named.id, delivery->contact);
    WORD_COPY (named.workspace, delivery->workspace);
    WORD_COPY (named.trace, delivery->trace);
    WORD_COPY (named.channel, contact.channel);
    WORD_COPY (named.team, contact.team);
    WORD_COPY (named.subject, contact.subject);
    WORD_COPY (fact.by, self->command->by);
    WORD_COPY (fact.to, *delivery->person ? delivery->person : "customer");
    words_of (self, delivery, fact.detail);
    event_put (commit, self->command->shard, delivery->workspace, &named, delivery->person, &fact, there);
}

static void decide (const pass_t *self, delivery_t *delivery, wall_ms_t now)
{
    const held_command_t *command = self->command;
    bool waits = delivery->on_hold;
    delivery->on_hold = false;
    delivery->held_until = 0;
    if (self->verdict == VERDICT_GOES)
        WORD_COPY (delivery->released, command->by);
    if (self->verdict == VERDICT_SENT)
        delivery->ended = DELIVERY_ACCEPTED;
    if (self->verdict == VERDICT_DROPPED)
        snprintf (delivery->dropped, sizeof delivery->dropped, "dropped by %s: %s", WORD_CUT (command->by, BY_SHOWN),
                  WORD_CUT (command->reason, REASON_SHOWN));
    if (waits || self->verdict == VERDICT_DROPPED || self->verdict == VERDICT_SENT)
        delivery->due = now; /* else its time has not come: it goes then */
}

static bool is_decided (const pass_t *self, const delivery_t *delivery)
{
    return *delivery->dropped || (self->verdict == VERDICT_GOES && *delivery->released) ||
           (self->verdict == VERDICT_NO_HOLD && !delivery->on_hold);
}

/* A lease of it runs: somebody sends it, or looks whether it may go. */
static int ask_busy (const pass_t *self, const held_row_t *row, bool *busy)
{
    cli_t *cli = self->command->cli;
    char key[KEY_SIZE], member[MEMBER_SIZE];
    cli_values_t values = {0};
    *busy = false;
    if (!row->head.attempts)
        return CLI_GO;
    store_score (cli->store, key_due (key, self->command->shard, KIND_DELIVERY),
                 member_make (member, row->delivery.workspace, row->delivery.id), cli_take, cli_ask (cli, &values));
    int rc = cli_got (&values);
    *busy = rc == CLI_GO && values.n && values.items[0].bytes && values.items[0].score > store_now (cli->store);
    cli_values_clear (&values);
    return rc;
}

static int decide_one (void *arg, held_row_t *row)
{
    pass_t *self = arg;
    cli_t *cli = self->command->cli;
    delivery_t *delivery = &row->delivery;
    char version[24], key[KEY_SIZE];
    bool busy = false;
    cli_committed_t committed = {.outcome = COMMIT_DONE};
    if (is_decided (self, delivery))
        return CLI_GO;
    int rc = self->command->dry_run ? CLI_GO : ask_busy (self, row, &busy);
    self->busy += busy;
    if (rc != CLI_GO || busy)
        return rc;
    if (!self->command->dry_run) {
        snprintf (version, sizeof version, "%" PRIu64, row->head.version);
        decide (self, delivery, store_now (cli->store));
        commit_t *commit = delivery_rewrite (self->command->shard, delivery, &row->head,
                                             event_id_of ("held", delivery->id, version, NULL));
        commit_expect_attempts (commit, key_delivery (key, self->command->shard, delivery->workspace, delivery->id),
                                row->head.attempts);
        if (self->verdict != VERDICT_NO_HOLD)
            say (self, row, commit);
        rc = cli_commit (cli, &commit, &committed);
    } else {
        char words[DETAIL_SIZE];
        printf ("would: %s  %s\n", delivery->id, words_of (self, delivery, words));
    }
    bool done = committed.outcome == COMMIT_DONE || committed.outcome == COMMIT_ALREADY;
    self->done += done;
    self->faster += !done;
    return rc;
}

/* ---- those that are wanted */

/* False: they have had time enough. */
static bool wait_busy (pass_t *pass, mono_ms_t began, mono_ms_t *said)
{
    mono_ms_t now = clock_mono ();
    pass->waited = true;
    if (now - began >= BUSY_MS)
        return false;
    if (now - began >= BUSY_SAY_MS && now - *said >= BUSY_SAY_MS) {
        *said = now;
        fprintf (stderr, "-- %zu %s being sent in this moment: waiting for what becomes of %s\n", pass->busy,
                 pass->busy == 1 ? "is" : "are", pass->busy == 1 ? "it" : "them");
    }
    poll (NULL, 0, BUSY_LOOK_MS);
    return true;
}

/* The outbox moves while it is read: again, until nothing is left. */
static int decide_all (pass_t *pass)
{
    held_command_t *self = pass->command;
    mono_ms_t began = clock_mono (), said = 0;
    int rc = CLI_GO;
    for (unsigned i = 0; rc == CLI_GO && i < PASSES_MAX;) {
        size_t before = pass->done;
        pass->faster = pass->busy = 0;
        rc = held_each (self, decide_one, pass);
        bool moved = pass->done > before || pass->faster;
        if (self->dry_run || (!moved && !(pass->busy && wait_busy (pass, began, &said))))
            break;
        i += moved;
    }
    return rc;
}

/* What was named was on its way when it was looked at. */
static int say_too_late (const pass_t *pass)
{
    if (pass->busy)
        return cli_fail (CLI_NO, "%zu %s still being sent: look again in a moment ('buckstop held list')", pass->busy,
                         pass->busy == 1 ? "is" : "are");
    return cli_fail (CLI_NO, "it was being sent in that moment, and is settled: its contact's timeline says how");
}

static int say_done (const pass_t *pass, const char *what)
{
    const held_command_t *self = pass->command;
    size_t n = pass->done;
    if (self->cli->json)
        printf ("{\"%s\": %zu, \"dry_run\": %s}\n", what, n, self->dry_run ? "true" : "false");
    else
        printf ("%s%zu %s\n", self->dry_run ? "would be: " : "", n, what);
    if (pass->busy || (!n && pass->waited))
        return say_too_late (pass);
    return n || self->all || self->cli->words_n < 2 ? CLI_FINE
                                                    : cli_fail (CLI_NO, "there is nothing of that name that waits");
}

int held_release (held_command_t *self)
{
    pass_t pass = {.command = self, .verdict = VERDICT_GOES};
    if (!self->is_held)
        return cli_fail (CLI_NO, "sending is not held: all that is due goes out by itself");
    int rc = decide_all (&pass);
    return rc == CLI_GO ? say_done (&pass, "released") : rc;
}

int held_drop (held_command_t *self)
{
    pass_t pass = {.command = self, .verdict = self->sent ? VERDICT_SENT : VERDICT_DROPPED};
    if (!self->is_held)
        return cli_fail (CLI_NO, "sending is not held: there is no time to drop anything ('buckstop held begin')");
    int rc = decide_all (&pass);
    return rc == CLI_GO ? say_done (&pass, "dropped") : rc;
}

/* ---- the hold itself */

static void say_all (const held_command_t *self, commit_t *commit, fact_kind_t kind, const char *words)
{
    fact_t fact = {.kind = kind, .at = store_now (self->cli->store)};
    WORD_COPY (fact.by, self->by);
    snprintf (fact.detail, sizeof fact.detail, "%s%s%s", words, *words && *self->reason ? ": " : "",
              WORD_CUT (self->reason, REASON_SHOWN));
    event_put (commit, self->shard, self->cli->workspace, NULL, NULL, &fact, false);
}

int held_begin (held_command_t *self)
{
    char key[KEY_SIZE], text[HOLD_SIZE];
    cli_committed_t committed;
    if (self->is_held)
        return cli_fail (CLI_NO, "sending is held already: %s", self->hold.reason);
    hold_t hold = {.since = store_now (self->cli->store)};
    WORD_COPY (hold.by, self->by);
    WORD_COPY (hold.reason, self->reason);
    size_t size = hold_write (&hold, text);
    commit_t *commit = commit_new (self->shard);
    key_hold (key, self->shard, self->cli->workspace);
    commit_expect_free (commit, key);
    commit_put (commit, key, text, size, 0);
    say_all (self, commit, BUCKSTOP__V1__FACT_KIND__FACT_KIND_SENDING_HELD, "");
    int rc = cli_commit (self->cli, &commit, &committed);
    if (rc != CLI_GO)
        return rc;
    if (committed.outcome != COMMIT_DONE)
        return cli_fail (CLI_NO, "somebody else holds it since this moment: look again");
    puts (self->cli->json ? "{\"held\": true}"
                          : "held: nothing is sent any more until 'buckstop held end'; what was on its way in "
                            "this moment, a few seconds, still arrives");
    return CLI_FINE;
}

int held_end (held_command_t *self)
{
    char key[KEY_SIZE];
    pass_t pass = {.command = self, .verdict = VERDICT_NO_HOLD};
    cli_committed_t committed;
    if (!self->is_held)
        return cli_fail (CLI_NO, "sending is not held");
    commit_t *commit = commit_new (self->shard);
    key_hold (key, self->shard, self->cli->workspace);
    commit_expect_value (commit, key, self->hold_text, self->hold_size);
    commit_delete (commit, key);
    say_all (self, commit, BUCKSTOP__V1__FACT_KIND__FACT_KIND_SENDING_RELEASED, "sending goes on");
    int rc = cli_commit (self->cli, &commit, &committed);
    if (rc == CLI_GO && committed.outcome != COMMIT_DONE)
        rc = cli_fail (CLI_NO, "somebody else has changed it in this moment: look again");
    if (rc == CLI_GO)
        rc = decide_all (&pass); /* what is being sent goes anyhow */
    if (rc != CLI_GO)
        return rc;
    if (self->cli->json)
        printf ("{\"held\": false, \"go\": %zu}\n", pass.done);
    else
        printf ("sending goes on: %zu that waited go out now\n", pass.done);
    return CLI_FINE;
}
