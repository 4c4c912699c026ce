/* cmd_watch.c - buckstop watch: the stream of events, without a gap.
 *
 * Hears: events published over ZeroMQ (each has a number that is dense per workspace), and ranges over HTTP. Says: a
 * line a fact. An event that was seen is dropped (every replica publishes all); one that is further than the next
 * means that some were lost: they are asked for first. The last of a burst may be lost with nothing behind it,
 * so HTTP is asked once a second besides. Nothing of it needs a connection that holds. While nobody reads what is printed,
 * events are heard and let go; they are asked for once somebody does.
 * Limits: events older than the retention time are gone; the gap is said.
 */
#include "commands.h"

#include "bus.h"
#include "lines.h"
#include "views.h"
#include "watch_filter.h"
#include "watch_print.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH_SIZE = 128,
    PAGE = 200,
    BACK_PAGE = 250 /* no more than intake gives at once */,
    LOOK_MS = 1000,
    SOON_MS = 50,
    READ_MS = 50
};

typedef struct watch {
    cli_t *cli;
    watch_filter_t filter;
    watch_print_t print;
    int64_t last;
    uint64_t seen; /* the number of the last one printed */
    bool lost;     /* intake did not answer: said once */
    bool refused;  /* it answered no: it will not answer otherwise */
    bool stranger; /* keys do not fit: said once */
    bus_t *bus;
    loop_timer_t *look;
    bool soon;   /* the next look is brought forward */
    bool unread; /* what is printed was not read; the next look tries again */
} watch_t;

/* False: it can't be told yet whether it is wanted. */
static bool print_event (watch_t *self, json_t *event)
{
    json_t *chosen;
    watch_fit_t fit = watch_filter_take (&self->filter, self->cli, event, &chosen);
    if (fit == WATCH_YES)
        watch_print_event (&self->print, chosen);
    json_decref (chosen);
    return fit != WATCH_LATER;
}

/* Is what we print read? Else we would wait in it, and hear nothing meanwhile. */
static bool is_read (watch_t *self)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    self->unread = poll (&out, 1, READ_MS) == 0;
    return !self->unread;
}

/* One page behind what was seen. CLI_FINE: asked; *more: there may be others. */
static int ask_page (watch_t *self, uint64_t after, json_t **page)
{
    char path[PATH_SIZE], why[DETAIL_SIZE] = "";
    long status = 0;
    snprintf (path, sizeof path, "/v1/events?after=%" PRIu64 "&limit=%d", after, (int)PAGE);
    int rc = cli_http (self->cli, &(cli_request_t){"GET", path, NULL, NULL, true, why, sizeof why, &status}, page);
    if (rc == CLI_UNREACHABLE && !self->lost)
        cli_say_later (self->cli, status, why);
    if (rc == CLI_FINE && self->lost)
        fprintf (stderr, "-- connected again\n");
    self->lost = rc == CLI_UNREACHABLE;
    return rc;
}

/* What is between what was seen and what is there. */
static void say_break (watch_t *self, uint64_t oldest, uint64_t newest)
{
    if (newest < self->seen) {
        fprintf (stderr, "-- the stream was begun anew\n");
        self->seen = 0;
    }
    if (oldest > self->seen + 1)
        fprintf (stderr, "-- events %" PRIu64 " to %" PRIu64 " are not kept any more\n", self->seen + 1, oldest - 1);
}

static bool print_page (watch_t *self, const json_t *page)
{
    size_t index;
    json_t *event;
    uint64_t newest = (uint64_t)json_number (page, "newest");
    say_break (self, (uint64_t)json_number (page, "oldest_kept"), newest);
    json_array_foreach (json_object_get (page, "events"), index, event)
    {
        uint64_t number = (uint64_t)json_number (event, "number");
        if (number <= self->seen)
            continue;
        if (!is_read (self) || !print_event (self, event))
            return false;
        self->seen = number;
        fflush (stdout);
    }
    return json_array_size (json_object_get (page, "events")) > 0 && self->seen < newest;
}

static void catch_up (watch_t *self)
{
    bool more = is_read (self);
    while (more) {
        json_t *page = NULL;
        int rc = ask_page (self, self->seen, &page);
        more = rc == CLI_FINE && print_page (self, page);
        json_decref (page);
        if (rc == CLI_NO) {
            self->refused = true;
            loop_stop (self->cli->loop);
        }
    }
}

static void on_look (void *arg)
{
    watch_t *self = arg;
    self->soon = false;
    self->look = loop_at (self->cli->loop, loop_now (self->cli->loop) + LOOK_MS, on_look, self);
    catch_up (self);
    if (!self->unread)
        watch_print_counted (&self->print, false);
    fflush (stdout);
}

/* Many events are one question. */
static void look_soon (watch_t *self)
{
    if (self->soon)
        return;
    self->soon = true;
    loop_cancel (self->cli->loop, &self->look);
    self->look = loop_at (self->cli->loop, loop_now (self->cli->loop) + SOON_MS, on_look, self);
}

static void take_event (watch_t *self, const Buckstop__V1__Event *event)
{
    if (event->number <= self->seen || self->unread || !is_read (self))
        return;
    if (event->number > self->seen + 1) {
        catch_up (self);
        return;
    }
    json_t *value = view_event (event);
    if (print_event (self, value))
        self->seen = event->number;
    fflush (stdout);
    json_decref (value);
}

/* Several workspaces may share the stream; numbers count within one. Without --workspace the stream only wakes us up, and
 * all is asked by HTTP, where the token says which workspace it is. */
static void on_stream (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    static const envelope_kind_t allowed[] = {BUCKSTOP__V1__ENVELOPE__BODY_EVENT, 0};
    watch_t *self = arg;
    envelope_t *envelope = NULL;
    char why[DETAIL_SIZE];
    (void)peer;
    if (wire_unpack (bytes, size, allowed, &envelope, why) != WIRE_OK)
        return;
    if (!self->cli->workspace)
        look_soon (self);
    else if (strcmp (envelope->event->workspace, self->cli->workspace) == 0)
        take_event (self, envelope->event);
    buckstop__v1__envelope__free_unpacked (envelope, NULL);
}

static int range (const watch_t *self, uint64_t after, int64_t limit, json_t **page)
{
    char path[PATH_SIZE];
    snprintf (path, sizeof path, "/v1/events?after=%" PRIu64 "&limit=%" PRId64, after, limit);
    return cli_http (self->cli, &(cli_request_t){"GET", path, NULL, NULL, false}, page);
}

/* Those of (after, until] that are wanted, newest first, until there are enough. */
static int keep_wanted (watch_t *self, const json_t *page, uint64_t until, json_t *kept)
{
    const json_t *events = json_object_get (page, "events");
    for (size_t i = json_array_size (events); i-- > 0 && json_array_size (kept) < (size_t)self->last;) {
        json_t *event = json_array_get (events, i), *chosen;
        if ((uint64_t)json_number (event, "number") > until)
            continue;
        watch_fit_t fit = watch_filter_take (&self->filter, self->cli, event, &chosen);
        if (fit == WATCH_LATER)
            return cli_fail (CLI_UNREACHABLE, "%s does not answer: watch again", self->cli->server);
        if (fit == WATCH_YES)
            json_array_append_new (kept, chosen);
    }
    return CLI_FINE;
}

/* With filters, --last counts what fits them: page by page back from the newest. */
static int print_back (watch_t *self, uint64_t oldest, uint64_t newest)
{
    json_t *kept = json_array ();
    int rc = CLI_FINE;
    uint64_t until = newest;
    while (rc == CLI_FINE && until >= oldest && until > 0 && json_array_size (kept) < (size_t)self->last) {
        json_t *page = NULL;
        uint64_t after = until > BACK_PAGE ? until - BACK_PAGE : 0;
        rc = range (self, after, BACK_PAGE, &page);
        if (rc == CLI_FINE)
            rc = keep_wanted (self, page, until, kept);
        json_decref (page);
        until = after;
    }
    for (size_t i = json_array_size (kept); rc == CLI_FINE && i-- > 0;)
        watch_print_event (&self->print, json_array_get (kept, i));
    fflush (stdout);
    self->seen = newest;
    json_decref (kept);
    return rc == CLI_FINE ? CLI_GO : rc;
}

/* Where to begin: at the newest, or --last before it. */
static int find_start (watch_t *self, const json_t *page)
{
    uint64_t newest = (uint64_t)json_number (page, "newest"), oldest = (uint64_t)json_number (page, "oldest_kept");
    uint64_t back = (uint64_t)self->last;
    if (watch_filter_any (&self->filter))
        return print_back (self, oldest, newest);
    self->seen = newest > back ? newest - back : 0;
    if (oldest > 0 && self->seen + 1 < oldest)
        self->seen = oldest - 1;
    return CLI_GO;
}

/* Asked once more, to say why. */
static int say_refusal (const watch_t *self)
{
    json_t *page = NULL;
    int rc = range (self, self->seen, 1, &page);
    json_decref (page);
    return rc == CLI_FINE ? cli_fail (CLI_NO, "%s refused for a moment: watch again", self->cli->server) : rc;
}

/* HTTP goes on without the stream. */
static void on_refused (void *arg, const char *what, const char *who)
{
    watch_t *self = arg;
    if (!self->stranger)
        fprintf (stderr, "-- no events from %s: %s\n", who, what);
    self->stranger = true;
}

/* CLI_GO, or said. */
static int listen_to_stream (watch_t *self)
{
    const cli_t *cli = self->cli;
    char why[DETAIL_SIZE];
    bus_on_refused (self->bus, on_refused, self);
    if (cli->keys && *cli->keys && bus_use_keys (self->bus, cli->keys, "cli", why) < 0)
        return cli_fail (CLI_USAGE, "--keys: %s", why);
    int rc = bus_connect (self->bus, BUS_STREAM, cli->stream, on_stream, self);
    return rc < 0 ? cli_fail (CLI_USAGE, "--stream %s: %s", cli->stream, strerror (-rc)) : CLI_GO;
}

static int follow (watch_t *self)
{
    cli_t *cli = self->cli;
    self->bus = bus_new (cli->loop);
    int rc = listen_to_stream (self);
    if (rc == CLI_GO) {
        on_look (self);
        cli_run (cli);
        rc = self->refused ? say_refusal (self) : CLI_FINE;
    }
    watch_print_counted (&self->print, true);
    loop_cancel (cli->loop, &self->look);
    bus_destroy (&self->bus);
    return rc;
}

static void say_held (cli_t *cli)
{
    json_t *page = NULL;
    cli_http (cli, &(cli_request_t){"GET", "/v1/contacts?limit=1", NULL, NULL, true}, &page);
    cli_say_held (json_text (page, "held"));
    json_decref (page);
}

/* CLI_GO, or said. */
static int begin (watch_t *self)
{
    json_t *page = NULL;
    int rc = cli_await (self->cli, "/v1/events?after=0&limit=1", &page);
    rc = rc == CLI_FINE ? watch_filter_ask (&self->filter, self->cli, self->last > 0) : rc;
    if (rc == CLI_GO)
        say_held (self->cli);
    if (rc == CLI_GO)
        rc = find_start (self, page);
    json_decref (page);
    return rc;
}

static void on_interrupt (void *arg)
{
    loop_stop (arg);
}

int cmd_watch (cli_t *cli, const command_t *command, int argc, char **argv)
{
    watch_t self = {.cli = cli};
    bool all;
    const param_t own[] = {
        {"kind", PARAM_STRING, NULL, 0, 0, &self.filter.kind, "only such facts: promise_broken,step,accepted ...",
         .values = "kinds"},
        {"contact", PARAM_STRING, NULL, 0, 0, &self.filter.contact, "only this one; its last characters are enough",
         .values = "contacts"},
        {"person", PARAM_STRING, NULL, 0, 0, &self.filter.person, "only what this person has a part in",
         .values = "people"},
        {"team", PARAM_STRING, NULL, 0, 0, &self.filter.team, "only contacts of this team", .values = "teams"},
        {"channel", PARAM_STRING, NULL, 0, 0, &self.filter.channel, "only contacts of this channel",
         .values = "channels"},
        {"customer", PARAM_STRING, NULL, 0, 0, &self.filter.customer,
         "only of this customer: an id, or the address or name that the contact has"},
        {"state", PARAM_STRING, NULL, 0, 0, &self.filter.state, "only contacts that are then in this state",
         .values = "states"},
        {"last", PARAM_NUMBER, "0", 0, 1000000, &self.last, "begin so many events back, of those that fit"},
        {"all", PARAM_SWITCH, "no", 0, 0, &all, "each delivery that is tried again or held, not a line a minute"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc == CLI_GO)
        rc = watch_filter_check (&self.filter);
    watch_print_begin (&self.print, cli->json, all || self.filter.kind || self.filter.contact);
    if (rc == CLI_GO)
        rc = begin (&self);
    if (rc == CLI_GO) {
        cli->loop = loop_new ();
        loop_on_stop (cli->loop, on_interrupt, cli->loop);
        rc = follow (&self);
        loop_destroy (&cli->loop);
    }
    watch_filter_clear (&self.filter);
    return rc;
}
