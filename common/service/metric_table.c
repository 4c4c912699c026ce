/* metric_table.c - the one list of metrics, and the lines and the page that are made of it.
 *
 * What a service counts by metric_add and its like, and what it prints itself, both stand here: a name, a kind, a unit,
 * the labels (few, and of few values: never a contact, a person or an address), who shows it, and what it means. Units are
 * OpenMetrics' base units. What is a sum over the store (contacts, promises, orphans, the audit) every replica of that
 * service shows alike: take max, not sum; all else is of one process: sum it.
 *
 * What is gathered by metric_add and its like is shown by metrics_print. A row whose `printed` is set, and every row with
 * labels, is printed by whoever has the numbers: metric_head, then the samples; or metric_print.
 *
 * A new metric is a row here; `BUCKSTOP_WRITE=1 test_metric_table` writes deploy/prometheus/METRICS.md anew. */
#include "metric_table.h"

#include "histogram.h"

#include <string.h>

#define INFO(name, labels, by, meaning)                    \
    {                                                      \
        name, METRIC_INFO, NULL, labels, by, meaning, NULL \
    }
#define COUNTER(name, labels, by, meaning)                    \
    {                                                         \
        name, METRIC_COUNTER, NULL, labels, by, meaning, NULL \
    }
#define GAUGE(name, unit, labels, by, meaning)              \
    {                                                       \
        name, METRIC_GAUGE, unit, labels, by, meaning, NULL \
    }
#define SHORT(name, by, meaning)                                              \
    {                                                                         \
        name, METRIC_HISTOGRAM, "seconds", NULL, by, meaning, histogram_short \
    }
#define LONG(name, by, meaning)                                              \
    {                                                                        \
        name, METRIC_HISTOGRAM, "seconds", NULL, by, meaning, histogram_long \
    }

/* clang-format off */
const metric_row_t metric_rows[] = {
    /* the process */
    INFO ("service", "name, version", "all", "Which service this is."),
    GAUGE ("ready", NULL, NULL, "all", "1: work may be sent here; 0: /readyz says why not."),
    GAUGE ("uptime_seconds", "seconds", NULL, "all", "Since the process began."),
    {"loop_turn_seconds", METRIC_HISTOGRAM, "seconds", NULL, "all", "How long one turn of the loop took: nothing else happens meanwhile. Above 20 ms is a defect, or a machine that is too busy.", histogram_short, true},
    GAUGE ("loop_longest_turn_seconds", "seconds", NULL, "all", "The longest turn since this was asked last, by anybody."),
    GAUGE ("loop_longest_turn_cpu_seconds", "seconds", NULL, "all", "The same in processor time: where a turn is long and this is short, the machine is too busy; where both are long, it is a defect."),
    {"process_cpu_seconds", METRIC_COUNTER, "seconds", NULL, "all", "User and system time.", NULL, true},
    GAUGE ("process_resident_memory_bytes", "bytes", NULL, "all", "Memory in use."),
    GAUGE ("process_open_fds", NULL, NULL, "all", "Descriptors in use."),
    GAUGE ("process_max_fds", NULL, NULL, "all", "How many it may have."),
    GAUGE ("process_start_time_seconds", "seconds", NULL, "all", "When it began, since the epoch."),

    /* the store */
    GAUGE ("store_ready", NULL, NULL, "all", "1: Redis can be used: it answers, loses nothing by its settings, and takes writes."),
    GAUGE ("store_full", NULL, NULL, "all", "1: Redis is out of memory and takes no write."),
    GAUGE ("store_memory_ratio", "ratio", NULL, "all", "Redis's memory as a share of its maxmemory; 0: it has no limit. Intake refuses new contacts from 0.8 on."),
    GAUGE ("store_memory_bytes", "bytes", NULL, "all", "Redis's memory."),
    {"store_connections_lost", METRIC_COUNTER, NULL, NULL, "all", "How often the connection to Redis was lost.", NULL, true},
    {"store_commit_seconds", METRIC_HISTOGRAM, "seconds", NULL, "all", "From handing a commit over to its answer: waiting for the turn's end, Redis, its disk, and a replica where durability wants one.", histogram_short, true},
    COUNTER ("store_commits", "outcome", "all", "Commits by what became of them: done, already (the same event, sent again), refused (a check failed), invalid (a key is broken), away (no answer in time)."),
    COUNTER ("commit_conflicts", NULL, "all", "Commits that were decided again, since somebody else was faster or the policy is newer."),
    COUNTER ("clock_jumps", NULL, "all", "How often the store's clock jumped by more than two seconds: nothing is leased or fired for three."),
    COUNTER ("set_aside", NULL, "all", "What can't be read or written and was set aside; the last resort was told, `buckstop audit` names it."),
    COUNTER ("set_aside_forgotten", NULL, "all", "Of those, how many there was no room to remember: they are found again."),

    /* between the services */
    COUNTER ("hints_dropped", "link", "all", "Hints that found no peer or a full queue. The receiver finds the same in the store within a second."),
    COUNTER ("hints_crowded_out", NULL, "all", "Hints of one turn beyond what one turn sends."),
    GAUGE ("peers", NULL, "link", "all", "ZeroMQ connections to what this service binds. Its own is one of them on route, due and outbox: it hints all replicas of its kind, and is one."),
    {"peers_refused", METRIC_COUNTER, NULL, NULL, "all", "Handshakes that our side of a link has ended: a key that is not in the folder of --keys, none at all, or no ZeroMQ. The log says whose.", NULL, true},
    COUNTER ("peers_closed", "link", "all", "Peers that were closed, since there were too many or they did not read."),
    COUNTER ("bad_messages", NULL, "routing, escalation, notification", "Messages that are none of ours."),

    /* intake */
    GAUGE ("intake_requests_open", NULL, NULL, "intake", "Requests under way, both doors."),
    COUNTER ("intake_done", NULL, "intake", "Submissions and actions that became durable and were acknowledged."),
    COUNTER ("intake_replayed", NULL, "intake", "The same request again, answered as before."),
    COUNTER ("intake_shown", NULL, "intake", "Questions answered: contacts, people, events."),
    COUNTER ("intake_refused", NULL, "intake", "Requests that were refused, whatever for (4xx, 5xx)."),
    COUNTER ("intake_refused_full", NULL, "intake", "503: more under way than --asks-max."),
    COUNTER ("intake_refused_slow", NULL, "intake", "503: commits waited too long for the store."),
    COUNTER ("intake_refused_rate", NULL, "intake", "429: a token's own rate."),
    SHORT ("intake_answer_seconds", "intake", "From a request's arrival to its answer."),
    COUNTER ("hearing_gaps", NULL, "intake", "Outages in which nobody could be heard: presence and offers were prolonged by them."),
    COUNTER ("intake_webhooks_taken", NULL, "intake", "Payloads of platforms of which every message is durable."),
    COUNTER ("intake_webhooks_unsigned", NULL, "intake", "Payloads whose signature is wrong: 401."),
    COUNTER ("intake_webhook_messages", NULL, "intake", "Messages in them."),
    COUNTER ("intake_webhook_receipts", NULL, "intake", "Receipts in them: what became of what we sent."),
    COUNTER ("intake_webhook_ignored", NULL, "intake", "Items in them that a rule of the channel leaves out."),
    SHORT ("intake_webhook_seconds", "intake", "From a payload's arrival to its answer."),
    COUNTER ("intake_mail", "kind", "intake", "Mails by what they are: a person's, a bounce, an absence, ..."),
    GAUGE ("intake_mail_open", NULL, NULL, "intake", "Mails that are being read."),
    COUNTER ("intake_mail_refused", NULL, "intake", "Recipients that were refused for good: no channel has the address."),
    GAUGE ("intake_lmtp_connections", NULL, NULL, "intake", "Connections of mail servers."),
    GAUGE ("intake_lmtp_held_bytes", "bytes", NULL, "intake", "Mails in memory that are not answered yet."),
    COUNTER ("bounces_taken", NULL, "intake", "Bounces and receipts that found what they are about."),
    COUNTER ("bounces_unknown", NULL, "intake", "Those that are about nothing that we sent."),
    COUNTER ("bounces_away", NULL, "intake", "Those that could not be looked up: the sender comes again."),

    /* routing */
    GAUGE ("routing_waiting", NULL, NULL, "routing", "Contacts that want somebody."),
    GAUGE ("routing_waiting_held", NULL, NULL, "routing", "Of those, how many are in memory; the rest is read on when there is room (--waiting-max)."),
    GAUGE ("routing_in_flight", NULL, NULL, "routing", "Offers begun and not answered by the store."),
    GAUGE ("routing_stalled", NULL, NULL, "routing", "Workspaces where somebody waits, somebody may take it, and no offer was made for --stalled-ms."),
    GAUGE ("people_present", NULL, NULL, "routing", "People who are present."),
    GAUGE ("people_known", NULL, NULL, "routing", "People whom the policies name."),
    LONG ("routing_wait_seconds", "routing", "How long a contact had waited when it was offered."),
    COUNTER ("routing_offers", NULL, "routing", "Offers made."),
    COUNTER ("routing_queued", NULL, "routing", "Contacts that nobody could take at once: they wait."),
    COUNTER ("routing_nobody", NULL, "routing", "Of those: nobody is eligible at all. Somebody is told at once."),
    COUNTER ("routing_no_room", NULL, "routing", "Offers that the commit refused, since that person had no room any more: the next is asked."),
    COUNTER ("routing_stuck", NULL, "routing", "Offers that could not be written, since a key is broken."),
    COUNTER ("routing_stale", NULL, "routing", "Contacts in memory that the store's queue did not have any more."),
    COUNTER ("routing_broken", NULL, "routing", "Contacts whose record can't be read, or not be offered."),
    COUNTER ("routing_hints_dropped", NULL, "routing", "Hints left to the next look at the store, since many reads were under way."),
    COUNTER ("routing_stream_gaps", NULL, "routing", "Gaps in the stream: people are read again."),
    COUNTER ("routing_stream_restarts", NULL, "routing", "The store went back (fail-over, flush): all is read again."),

    /* escalation: deadlines */
    COUNTER ("firings", NULL, "escalation", "Deadlines of contacts that were decided and committed."),
    SHORT ("firing_lateness_seconds", "escalation", "How late that was by Redis's clock."),
    COUNTER ("undecided", NULL, "escalation", "Deadlines that could not be decided or committed: tried again, then given to the last resort."),
    COUNTER ("timers_rearmed", NULL, "escalation", "Timers that a clock which was set back had left too far ahead."),
    COUNTER ("accountable_moved", NULL, "escalation", "Contacts whose team or accountable person a new policy no longer names: given to others."),
    COUNTER ("presences_prolonged", NULL, "escalation", "Presences that lasted longer, since nobody could be heard."),
    COUNTER ("presences_set_back", NULL, "escalation", "Presences that were shortened, since the clock was set back."),

    /* escalation: what the store holds; walked again and again, ten seconds after the last walk */
    GAUGE ("contacts", NULL, "state", "escalation", "Open contacts by state, of the last walk over all of them."),
    GAUGE ("contacts_overdue", NULL, NULL, "escalation", "Of those, with a broken promise that is still owed."),
    GAUGE ("contacts_oldest_waiting_seconds", "seconds", NULL, "escalation", "How long the one waits that waits longest for a person; 0: none does."),
    GAUGE ("contacts_walk_age_seconds", "seconds", NULL, "escalation", "How old these counts are."),
    GAUGE ("orphans", NULL, NULL, "escalation", "Law 1: open contacts without a readable record, an accountable person, or an armed timer. 0."),
    COUNTER ("promises_opened", NULL, "escalation", "Promises made, as the commits counted them."),
    COUNTER ("promises_kept", NULL, "escalation", "Of those: kept."),
    COUNTER ("promises_broken", NULL, "escalation", "Of those: broken."),
    COUNTER ("promises_released", NULL, "escalation", "Of those: released by a named person."),
    GAUGE ("promises_pending", NULL, NULL, "escalation", "Promises that are still to be kept, by the records of the last walk."),
    GAUGE ("promises_unbalanced", NULL, NULL, "escalation", "Law 2: open contacts whose record does not say opened = pending + kept + broken + released. 0."),
    GAUGE ("promises_unaccounted", NULL, NULL, "escalation", "Law 2 over the whole store: opened - kept - broken - released - pending, of the last walk during which no promise was made or ended. 0."),

    /* escalation: the audit */
    GAUGE ("audit_violations", NULL, NULL, "escalation", "What the last round of the audit found against the laws, or this one has found so far. 0."),
    GAUGE ("audit_unsettled", NULL, NULL, "escalation", "What is being moved on from somebody who went: no violation yet."),
    GAUGE ("audit_newer", NULL, NULL, "escalation", "Records of a newer version than this one reads."),
    GAUGE ("audit_contacts", NULL, NULL, "escalation", "Contacts that the last round read."),
    GAUGE ("audit_age_seconds", "seconds", NULL, "escalation", "Since the last whole round. Grows when none ends."),
    GAUGE ("audit_round_seconds", "seconds", NULL, "escalation", "How long the last round took."),
    COUNTER ("audit_rounds", NULL, "escalation", "Whole rounds."),
    COUNTER ("deadman_calls", NULL, "escalation", "Calls of --deadman-url that were answered."),
    COUNTER ("deadman_withheld", NULL, "escalation", "Calls of --deadman-url that were not made, though the audit found nothing: a deadline was overdue, or a notice waited for long. The log says which."),
    GAUGE ("well", NULL, NULL, "escalation", "1: after the last round of the audit that found nothing, deadlines were handled and notices went out; 0: the log says what is not well."),
    COUNTER ("deadman_failures", NULL, "escalation", "Calls that were not."),

    /* notification */
    GAUGE ("outbox_depth", NULL, NULL, "notification", "Deliveries in the outbox: due, held, under way, and those of a later way or hour."),
    GAUGE ("outbox_age_seconds", "seconds", NULL, "notification", "How late the oldest is that should have gone: due, tried again later, or held back; since it was due for the first time."),
    GAUGE ("outbox_held_age_seconds", "seconds", NULL, "notification", "The same of those that a far side, a limit or a missing setting keeps from going, not those that are only due."),
    GAUGE ("outbox_unsettled", NULL, NULL, "notification", "Deliveries that this replica has leased and not settled."),
    SHORT ("outbox_lateness_seconds", "notification", "How late a delivery was leased."),
    COUNTER ("outbox_unreadable", NULL, "notification", "Deliveries whose record can't be read."),
    COUNTER ("deliveries", "way, outcome", "notification", "Attempts by way and by what became of them: delivered, moot (no reason any more), retried, held (quiet hours, limits, settings), dead (failed for good)."),
    GAUGE ("dead_letters", NULL, NULL, "notification", "Deliveries that failed for good and were not sent again: `buckstop dead` (at most 1,000 a workspace are counted)."),
    GAUGE ("retention_blocked", NULL, NULL, "notification", "Workspaces whose events are kept longer than the policy says, since an archive does not have them yet."),
    COUNTER ("deliveries_dropped", NULL, "notification", "Notices that an operator dropped while sending was held: `buckstop held drop`."),
    GAUGE ("sending_held", NULL, NULL, "notification", "Workspaces whose sending is held, after a restore: `buckstop held`."),
    GAUGE ("targets_failing", NULL, NULL, "notification", "Far sides (a mail server, a host) that do not answer just now."),
    COUNTER ("deliveries_unable", NULL, "notification", "Attempts that our own settings did not allow: a key, a mail server, a sender, a login is missing."),
    COUNTER ("deliveries_unknown", NULL, "notification", "Deliveries of which it is not known whether the far side has them: sent again under the same id."),
    COUNTER ("deliveries_forgotten", NULL, "notification", "Deliveries left to another replica, since too little of their lease was left."),
    COUNTER ("deliveries_put_back", NULL, "notification", "Deliveries put back, since a key that settles them is broken."),
    COUNTER ("deliveries_brought_forward", NULL, "notification", "A person's next way, brought forward since the one before failed for good."),
    COUNTER ("notices_bundled", NULL, "notification", "Notices that went with others, in one."),
    COUNTER ("bundles_anew", NULL, "notification", "Bundles made again, since some line of them needs no look any more."),
    COUNTER ("bundles_undone", NULL, "notification", "Bundles that could not be committed: their notices go one by one."),
    {"events_published", METRIC_COUNTER, NULL, NULL, "notification", "Events put on the stream, by this replica.", NULL, true},
    COUNTER ("events_anew", NULL, "notification", "Streams begun again below what was published: the store has lost some."),

    /* console */
    GAUGE ("console_watchers", NULL, NULL, "console", "Pages and terminals that watch."),
    GAUGE ("console_contacts", NULL, NULL, "console", "Contacts in memory: open, or resolved and not closed yet."),
    COUNTER ("console_watchers_lost", NULL, "console", "Watchers who went, or were cut off since they did not keep up: they come again."),
    COUNTER ("console_left_out", NULL, "console", "Contacts read that there was no room for (--contacts-max)."),
    COUNTER ("console_bad_events", NULL, "console", "Events that can't be read."),

    /* archive */
    GAUGE ("archive_lag_seconds", "seconds", NULL, "archive", "How long the oldest event waits that is not archived yet, or since when nothing could be asked. Nothing of it is deleted meanwhile, so the store grows."),
    GAUGE ("archive_lag_events", NULL, NULL, "archive", "Events that are not archived yet, of the workspace that has most of them."),
    COUNTER ("archive_events", NULL, "archive", "Events archived."),
    {"archive_bytes", METRIC_COUNTER, "bytes", NULL, "archive", "Bytes written to files, before they are compressed.", NULL},
    COUNTER ("archive_failures", NULL, "archive", "Pages that could not be kept or posted, and are tried again: the log says why."),
    COUNTER ("archive_series", NULL, "archive", "How often the store went back behind the archive, and a new series began."),
    {NULL},
};
/* clang-format on */

const metric_row_t *metric_row (const char *name, size_t length)
{
    for (const metric_row_t *row = metric_rows; row->name; row++)
        if (strlen (row->name) == length && memcmp (row->name, name, length) == 0)
            return row;
    return NULL;
}

const char *metric_prefix (const char *name)
{
    static const char agreed[] = "process_";
    return strncmp (name, agreed, sizeof agreed - 1) == 0 ? "" : METRIC_PREFIX;
}

static const char *const kind_words[] = {
    [METRIC_INFO] = "info", [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};

/* OpenMetrics 1.0, 4.6 (escaping in HELP): our words have neither backslashes nor line ends; a quote is escaped. */
static void print_words (FILE *out, const char *words)
{
    for (; *words; words++) {
        if (*words == '"')
            fputc ('\\', out);
        fputc (*words, out);
    }
}

void metric_head (FILE *out, const char *name)
{
    const metric_row_t *row = metric_row (name, strlen (name));
    const char *prefix = metric_prefix (name);
    if (!row)
        return;
    fprintf (out, "# TYPE %s%s %s\n", prefix, name, kind_words[row->kind]);
    if (row->unit)
        fprintf (out, "# UNIT %s%s %s\n", prefix, name, row->unit);
    fprintf (out, "# HELP %s%s ", prefix, name);
    print_words (out, row->meaning);
    fputc ('\n', out);
}

void metric_print (FILE *out, const char *name, double value)
{
    const metric_row_t *row = metric_row (name, strlen (name));
    metric_head (out, name);
    fprintf (out, "%s%s%s %.15g\n", metric_prefix (name), name, row && row->kind == METRIC_COUNTER ? "_total" : "",
             value);
}

/* As a query names it: a counter's sample ends in _total, an info's in _info. */
static const char *sample_end (metric_kind_t kind)
{
    static const char *const ends[] = {[METRIC_INFO] = "_info", [METRIC_COUNTER] = "_total"};
    return kind < sizeof ends / sizeof *ends ? ends[kind] : "";
}

void metric_page (FILE *out)
{
    fputs ("# Metrics\n\n"
           "Made of the table in `common/service/metric_table.c`, which is also what `/metrics` says of itself (HELP, "
           "TYPE,\n"
           "UNIT). Each service answers on its health port. What is a sum over the store (contacts, promises, orphans, "
           "the\n"
           "audit, the outbox's depth, people) every replica shows alike: take `max`. All else is of one process: "
           "`sum` it.\n"
           "Labels are few and of few values; a contact, a person, an address is never one: for those there are the\n"
           "timeline, `buckstop watch`, and the log with contact and trace id.\n\n"
           "| metric | kind | labels | shown by | meaning |\n|---|---|---|---|---|\n",
           out);
    for (const metric_row_t *row = metric_rows; row->name; row++)
        fprintf (out, "| `%s%s%s` | %s | %s | %s | %s |\n", metric_prefix (row->name), row->name,
                 sample_end (row->kind), kind_words[row->kind], row->labels ? row->labels : "", row->by, row->meaning);
}
