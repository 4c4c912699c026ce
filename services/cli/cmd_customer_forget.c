/* cmd_customer_forget.c - buckstop customer forget: who somebody was and what was said, removed; what is counted
 * stays.
 *
 * Hears: who, by whom and why; yes or no. Says: what there is, then what was removed, and what is not in our hands.
 * In this order, so that it can be done again after a crash anywhere and ends in the same state: what is open is
 * refused (or resolved, --resolve); deliveries, threads; contacts with their timelines; the events of the stream;
 * attachments; the records, by which all the rest is found.
 */
#include "cmd_customer_forget.h"

#include "spool.h"
#include "store_address.h"
#include "words.h"
#include "xmalloc.h"

#include <errno.h>
#include <unistd.h>

enum { SHOWN_MAX = 20 };

static void forget_clear (forget_t *self)
{
    strings_t *const lists[] = {&self->ids,        &self->contacts, &self->waiting, &self->open,
                                &self->deliveries, &self->threads,  &self->sent,    &self->proposals};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        strings_clear (lists[i]);
    free (self->family);
}

/* ---- may it be done? */

/* All of them are looked at before the first is resolved: all or none. */
static int check_resolvable (forget_t *self)
{
    size_t not_theirs = 0;
    int rc = CLI_GO;
    for (size_t i = 0; rc == CLI_GO && i < self->open.n; i++) {
        bool may;
        rc = forget_may_resolve (self, self->open.items[i], &may);
        not_theirs += !may;
    }
    if (rc != CLI_GO || !not_theirs)
        return rc;
    return cli_fail (
        CLI_NO,
        "nothing was resolved, and nothing forgotten: %zu of the %zu contacts that are open %s not for %s to "
        "resolve; resolve them first",
        not_theirs, self->open.n, not_theirs == 1 ? "is" : "are", self->command->by);
}

static int resolve_open (forget_t *self)
{
    int rc = CLI_GO;
    size_t done = 0;
    for (; rc == CLI_GO && done < self->open.n; done += rc == CLI_GO)
        rc = forget_resolve (self, self->open.items[done]);
    if (rc == CLI_GO)
        return self->open.n ? forget_find (self) : rc;
    fprintf (stderr, "nothing was forgotten; %zu of %zu open contacts were resolved before that\n", done, self->open.n);
    return rc;
}

static int check_waiting (const forget_t *self)
{
    if (!self->waiting.n)
        return CLI_GO;
    for (size_t i = 0; i < self->waiting.n && i < SHOWN_MAX; i++)
        fprintf (stderr, "  %s\n", self->waiting.items[i]);
    if (self->waiting.n > SHOWN_MAX)
        fprintf (stderr, "  and %zu more\n", self->waiting.n - SHOWN_MAX);
    if (self->open.n)
        return cli_fail (CLI_NO, "nothing was forgotten: resolve %s first, or say --resolve if --by may",
                         self->open.n == 1 ? "what is open" : "those that are open");
    return cli_fail (CLI_UNREACHABLE, "nothing was forgotten: try again once that has arrived");
}

static void say_found (const forget_t *self)
{
    for (size_t i = 0; i < self->family->n; i++) {
        const customer_t *customer = &self->family->entries[i].customer;
        const char *name = customer_called (customer);
        fprintf (stderr, "%s %s  ", i ? "linked:  " : "customer:", customer->id);
        cli_quote (stderr, name, strlen (name), SIZE_MAX);
        fputc ('\n', stderr);
    }
    fprintf (stderr, "%zu contact%s, %zu deliver%s\n", self->contacts.n, self->contacts.n == 1 ? "" : "s",
             self->deliveries.n, self->deliveries.n == 1 ? "y" : "ies");
}

static int confirm (const forget_t *self)
{
    char answer[16] = "";
    if (self->command->yes)
        return CLI_GO;
    say_found (self);
    if (!isatty (STDIN_FILENO))
        return cli_fail (CLI_USAGE, "nothing was forgotten; it can't be undone: say --yes");
    fputs ("all that says who it was and what was said is removed, for good. Forget? (yes/no) ", stderr);
    if (!fgets (answer, sizeof answer, stdin) || strcmp (answer, "yes\n") != 0)
        return cli_fail (CLI_NO, "nothing was forgotten");
    return CLI_GO;
}

/* The reason stays in the stream of events. */
static int check_reason (const forget_t *self)
{
    const char *reason = self->command->reason;
    for (size_t i = 0; i < self->family->n; i++) {
        const customer_t *customer = &self->family->entries[i].customer;
        bool tells = *customer->name && strcasestr (reason, customer->name);
        for (size_t k = 0; !tells && k < customer->identities_n; k++)
            tells = strcasestr (reason, customer->identities[k].value) != NULL;
        if (tells)
            return cli_fail (CLI_USAGE, "--reason names the customer, and it is kept: say it without the name");
    }
    return CLI_GO;
}

/* ---- attachments */

static int forget_files (forget_t *self)
{
    const customer_command_t *command = self->command;
    if (!command->spool)
        return CLI_GO;
    spool_t *spool = spool_open (command->spool);
    if (!spool)
        return cli_fail (CLI_USAGE, "--spool %s: %s", command->spool, strerror (errno));
    int rc = CLI_GO;
    for (size_t i = 0; rc == CLI_GO && i < self->ids.n; i++) {
        int n = spool_forget (spool, command->cli->workspace, self->ids.items[i]);
        if (n < 0)
            rc = cli_fail (CLI_NO, "the files in %s/%s/%s can't be removed: %s; forget again", command->spool,
                           command->cli->workspace, self->ids.items[i], strerror (-n));
        else
            self->files_done += (size_t)n;
    }
    spool_close (&spool);
    return rc;
}

/* Before anything is removed: a directory that is none would be noticed too late. */
static int check_spool (const customer_command_t *command)
{
    spool_t *spool = command->spool ? spool_open (command->spool) : NULL;
    if (command->spool && !spool)
        return cli_fail (CLI_USAGE, "--spool %s: %s", command->spool, strerror (errno));
    spool_close (&spool);
    return CLI_GO;
}

/* ---- words */

/* Redis marks an entry of a stream as deleted; its page goes with the last one on it. The newest entry is always kept. */
static const struct {
    const char *json, *page;
} of_files = {"redis's append-only file and its replicas', until the next rewrite of each (BGREWRITEAOF)",
              "not in our hands yet: redis's append-only file, and that of each replica, until its next rewrite:"},
  of_pages = {
      "the beginnings of what was said, in redis's files and in backups, until the last event of their pages is gone "
      "(keep: events) and the append-only file is rewritten after that",
      "and the beginnings of what was said: this redis keeps several events on a page, and each page until the last\n"
      "event on it is gone (keep: events), in its files and in backups made meanwhile; rewrite once more after that.\n"
      "With stream-node-max-entries 1 (CONFIG SET, and in redis.conf) an event has a page of its own from then on"};

/* As a shell takes it for one word, whatever it holds. */
static void print_word (const char *option, const char *word)
{
    printf (" %s '", option);
    for (; *word; word++)
        *word == '\'' ? (void)fputs ("'\\''", stdout) : (void)putchar (*word);
    putchar ('\'');
}

/* For this store. Of sentinels the primary is elsewhere now and then. */
static void print_rewrite (const cli_t *cli)
{
    store_address_t at;
    char why[STORE_ADDRESS_WHY_SIZE];
    if (!store_address_parse (cli->redis, &at, why))
        return;
    fputs ("redis-cli", stdout);
    if (at.tls)
        fputs (" --tls", stdout);
    if (at.kind == STORE_UNIX)
        print_word ("-s", at.path);
    else if (at.kind == STORE_HOST) {
        print_word ("-h", at.places[0].host);
        printf (" -p %d", at.places[0].port);
    } else
        fputs (" -h PRIMARY -p PORT", stdout);
    if (!word_empty (cli->redis_user)) {
        print_word ("--user", cli->redis_user);
        fputs (" --askpass", stdout);
    }
    puts (" BGREWRITEAOF");
}

static void print_json (const forget_t *self)
{
    json_t *remains = json_array ();
    if (!self->command->spool)
        json_array_append_new (remains, json_string ("attachments in intake's spool"));
    json_array_append_new (remains, json_string (of_files.json));
    if (self->paged)
        json_array_append_new (remains, json_string (of_pages.json));
    json_array_append_new (remains, json_string ("archives' files (buckstop archive forget)"));
    json_array_append_new (remains, json_string ("backups"));
    json_array_append_new (remains, json_string ("the services' logs: notices of 'log' ways, senders of mails"));
    json_array_append_new (remains, json_string ("what was sent"));
    size_t deliveries = self->deliveries.n + self->sent.n;
    json_t *answer = json_pack (
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "forgotten", self->family->entries[0].customer.id, "contacts",
        (json_int_t)self->contacts_done, "deliveries", (json_int_t)deliveries, "events", (json_int_t)self->events,
        "threads", (json_int_t)self->threads.n, "attachments", (json_int_t)self->files_done, "remains", remains);
    cli_print_json (answer);
    json_decref (answer);
}

static void print_page (const forget_t *self)
{
    printf ("customer %s is forgotten; contacts: %zu, events of the stream: %zu, deliveries: %zu, threads: %zu",
            self->family->entries[0].customer.id, self->contacts_done, self->events, self->deliveries.n + self->sent.n,
            self->threads.n);
    if (self->command->spool)
        printf (", attachments: %zu", self->files_done);
    putchar ('\n');
    puts ("kept: kinds, times, people here, promises; what the audit counts is as it was");
    if (!self->command->spool && self->files)
        printf ("NOT removed: %zu attachment%s in intake's spool: forget again with --spool DIR, where intake runs\n",
                self->files, self->files == 1 ? "" : "s");
    else if (!self->command->spool)
        puts ("attachments in intake's spool, if there are any, are removed with --spool DIR only");
    puts (of_files.page);
    print_rewrite (self->command->cli);
    if (self->paged)
        puts (of_pages.page);
    puts (
        "archives' files: buckstop archive forget DIR, each\n"
        "not in our hands at all: backups made before, the services' logs (notices of 'log' ways, senders of mails),\n"
        "and what was sent to mail servers, platforms and people's pagers");
}

static int perform (forget_t *self)
{
    static int (*const steps[]) (forget_t * self) = {forget_deliveries, forget_contacts, forget_events};
    int rc = CLI_GO;
    for (size_t i = 0; rc == CLI_GO && i < sizeof steps / sizeof *steps; i++)
        rc = steps[i](self);
    if (rc == CLI_GO)
        rc = forget_files (self);
    return rc == CLI_GO ? forget_records (self) : rc;
}

int customer_forget_one (customer_command_t *command)
{
    forget_t self = {.command = command, .family = xcalloc (1, sizeof *self.family)};
    int rc = CLI_GO;
    if (!command->reason || !*command->reason)
        rc = cli_fail (CLI_USAGE, "--reason says why: the stream of events keeps it");
    command->unrecorded = true; /* their contacts may be older than records are */
    rc = rc == CLI_GO ? check_spool (command) : rc;
    rc = rc == CLI_GO ? customer_find (command, command->cli->words[1], self.family) : rc;
    rc = rc == CLI_GO ? check_reason (&self) : rc;
    rc = rc == CLI_GO ? forget_find (&self) : rc;
    if (rc == CLI_GO && !self.contacts.n && !self.family->entries[0].head.version)
        rc = cli_fail (CLI_NO, "no customer is known by '%s', and no contact is theirs", command->cli->words[1]);
    if (rc == CLI_GO && !(command->resolve && self.open.n))
        rc = check_waiting (&self);
    if (rc == CLI_GO && command->resolve)
        rc = check_resolvable (&self);
    rc = rc == CLI_GO ? confirm (&self) : rc;
    if (rc == CLI_GO && command->resolve)
        rc = resolve_open (&self);
    rc = rc == CLI_GO ? check_waiting (&self) : rc;
    rc = rc == CLI_GO ? perform (&self) : rc;
    if (rc == CLI_GO) {
        (command->cli->json ? print_json : print_page) (&self);
        rc = CLI_FINE;
    }
    forget_clear (&self);
    return rc;
}
