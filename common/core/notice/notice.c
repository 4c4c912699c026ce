/* notice.c - from "this person must be told" to deliveries: ways, delays, quiet hours, dry run, words.
 *
 * Told:  a notice that a decision left behind, with the contact as it is after it.
 * Says:  deliveries, each rendered whole, and facts about what was rendered, held, or left out and why.
 *
 * A person that the policy no longer names, or who has no way, is not a reason to be silent: the log is
 * told instead, and the timeline says so.
 * Limits: at most NOTICE_WAYS_MAX ways a person, further ones are named as left out. */
#include "notice_private.h"

#include "calendar.h"
#include "guard.h"
#include "ids.h"
#include "words.h"
#include "xmalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void notice_fact (render_t *self, fact_kind_t kind, wall_ms_t due, unsigned number, const char *format, ...)
{
    if (self->effects->facts_n == FACTS_MAX)
        return;
    fact_t *fact = &self->effects->facts[self->effects->facts_n++];
    *fact = (fact_t){.kind = kind, .at = self->now, .promise = self->notice->promise, .due = due, .number = number};
    WORD_COPY (fact->to, self->notice->person[0] ? self->notice->person : "customer");
    char detail[2 * DETAIL_SIZE + ADDRESS_SIZE];
    va_list args;
    va_start (args, format);
    vsnprintf (detail, sizeof detail, format, args);
    va_end (args);
    WORD_COPY (fact->detail, detail);
}

static const char *way_words (way_kind_t way)
{
    static const char *const names[] = {"nothing", "log", "mail", "webhook", "slack", "its channel"};
    return (size_t)way < sizeof names / sizeof *names ? names[way] : "?";
}

/* A channel by which a colleague is told is named. */
static const char *by_name (const delivery_t *delivery)
{
    bool call = delivery->way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL && delivery->person[0];
    return call ? delivery->channel : way_words (delivery->way);
}

/* ---- one delivery ---- */

bool notice_is_dry (const render_t *self)
{
    return self->policy->dry_kind != BUCKSTOP__V1__WAY_KIND__WAY_KIND_UNSPECIFIED;
}

/* Who reads the log is not who may act: there a link is only mentioned. */
static char *expand (const render_t *self, way_kind_t way, const char *template, int lines)
{
    template_slot_t slots[SLOTS_MAX];
    memcpy (slots, self->slots, self->slots_n * sizeof *slots);
    for (size_t i = 0; way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG && i < self->slots_n; i++)
        if (strncmp (slots[i].name, "link_", 5) == 0 && slots[i].value[0])
            slots[i].value = "(link)";
    return template_expand (template, slots, self->slots_n, lines);
}

/* A webhook's address is its secret; a mail address is shown. */
static char *body_of (const render_t *self, way_kind_t by, const char *template, const policy_way_t *way)
{
    char *body = expand (self, by, template, 0);
    if (!notice_is_dry (self))
        return body;
    const char *to = self->notice->person[0] ? self->notice->person : "the customer";
    bool shown = way->kind == BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL;
    char *dry;
    if (asprintf (&dry, "[dry run: for %s by %s%s%s]\n\n%s", to, way_words (way->kind), shown ? ", " : "",
                  shown ? way->address : "", body) < 0)
        abort ();
    free (body);
    return dry;
}

/* Quiet hours hold what is not urgent until they end: the release, or `due` itself. */
static wall_ms_t release (const render_t *self, wall_ms_t due)
{
    const calendar_t *quiet = self->person ? self->person->quiet : NULL;
    if (!quiet || self->notice->urgent || !calendar_open (quiet, due))
        return due;
    wall_ms_t release = calendar_closes (quiet, due);
    return release == TIME_NEVER ? due : release;
}

/* A policy that was made by an older release may lack the template. */
static const policy_template_t *words_of (const render_t *self)
{
    const policy_template_t *own = policy_template (self->policy, self->notice->words);
    return own ? own : policy_template (self->policy, purpose_name (self->notice->purpose));
}

delivery_t *notice_deliver (render_t *self, const policy_way_t *way)
{
    const policy_template_t *words = words_of (self);
    delivery_t *delivery = &self->out[self->out_n];
    *delivery = (delivery_t){.purpose = self->notice->purpose,
                             .way = notice_is_dry (self) ? self->policy->dry_kind : way->kind,
                             .created_at = self->now,
                             .urgent = self->notice->urgent,
                             .promise = self->notice->promise,
                             .delay_ms = self->notice->person[0] ? way->delay_ms : 0,
                             .acknowledged_until = self->contact->acknowledged_until,
                             .way_index = (unsigned)self->out_n};
    if (self->notice->purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_APOLOGY ||
        self->notice->purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_STEP)
        delivery->says_by = self->notice->due;
    effect_id (self->event, (*self->position)++, delivery->id);
    WORD_COPY (delivery->workspace, self->contact->workspace);
    WORD_COPY (delivery->contact, self->contact->id);
    WORD_COPY (delivery->person, self->notice->person);
    WORD_COPY (delivery->address, notice_is_dry (self) ? self->policy->dry : way->address);
    WORD_COPY (delivery->secret, notice_is_dry (self) ? "" : way->secret);
    WORD_COPY (delivery->trace, self->contact->trace);
    delivery->subject = expand (self, delivery->way, words ? words->subject : "{subject}", 1);
    delivery->body = body_of (self, delivery->way, words ? words->body : "{text}", way);
    delivery->due = release (self, self->now + way->delay_ms);
    if (delivery->due != self->now + way->delay_ms)
        delivery->held_until = delivery->due;
    self->out_n++;
    return delivery;
}

/* ---- whom, by which ways ---- */

static void by_way (render_t *self, const policy_way_t *way)
{
    if (way->kind == BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL)
        notice_call (self, way);
    else
        notice_deliver (self, way);
}

/* What comes after a page: only ways that want to hear it, at once, and none of them stands in for another. */
static void follow_up (render_t *self, enum out_follow what)
{
    const policy_person_t *person = self->person;
    bool follows = false;
    for (size_t i = 0; person && i < person->ways_n && self->out_n < NOTICE_WAYS_MAX; i++) {
        policy_way_t way = person->ways[i];
        int follow = way.channel ? way.channel->out->follow : 0;
        way.delay_ms = 0;
        follows |= follow;
        if (follow & (int)what)
            by_way (self, &way);
    }
    if (!follows)
        notice_fact (self, BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE_LEFT_OUT, 0, 0,
                     "%s: no way of theirs wants to hear it any more", purpose_name (self->notice->purpose));
}

static void to_person (render_t *self)
{
    const policy_person_t *person = self->person;
    if (!person || !person->ways_n) {
        policy_way_t log = {.kind = BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG, .address = self->notice->person};
        notice_deliver (self, &log);
        notice_fact (self, BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE_LEFT_OUT, 0, 0, "%s: %s; only the log is told",
                     purpose_name (self->notice->purpose),
                     person ? "has no way to be reached" : "unknown to the policy");
        return;
    }
    size_t ways = GUARD ("f22") ? person->ways_n : 1; /* the next way is tried while the clock runs */
    for (size_t i = 0; i < ways && self->out_n < NOTICE_WAYS_MAX; i++)
        by_way (self, &person->ways[i]);
    for (size_t i = 0; i + 1 < self->out_n; i++)
        WORD_COPY (self->out[i].next, self->out[i + 1].id);
    if (person->ways_n > NOTICE_WAYS_MAX)
        notice_fact (self, BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE_LEFT_OUT, 0,
                     (unsigned)(person->ways_n - NOTICE_WAYS_MAX), "%s: only the first %d ways are used",
                     purpose_name (self->notice->purpose), NOTICE_WAYS_MAX);
}

/* ---- what the timeline says about it ---- */

static void say_rendered (render_t *self)
{
    if (!self->out_n)
        return;
    char ways[DETAIL_SIZE] = "";
    for (size_t i = 0; i < self->out_n; i++)
        snprintf (ways + strlen (ways), sizeof ways - strlen (ways), "%s%s", i ? ", " : "", by_name (&self->out[i]));
    notice_fact (self, BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE, self->notice->due, (unsigned)self->out_n,
                 "%s by %s%s%s%s", purpose_name (self->notice->purpose), ways, self->notice->detail[0] ? ": " : "",
                 self->notice->detail, notice_is_dry (self) ? " (dry run: goes to the dry address instead)" : "");
}

/* One fact a notice: the first release, and how many of its ways are held. */
static void say_held (render_t *self)
{
    unsigned held = 0;
    wall_ms_t release = TIME_NEVER;
    for (size_t i = 0; i < self->out_n; i++)
        if (self->out[i].held_until) {
            held++;
            if (self->out[i].held_until < release)
                release = self->out[i].held_until;
        }
    if (!held)
        return;
    char when[DUE_TEXT_SIZE];
    calendar_format (self->person->quiet, release, when, sizeof when);
    notice_fact (self, BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_HELD, release, held,
                 "%s: quiet hours of %s until %s", purpose_name (self->notice->purpose), self->person->name, when);
}

size_t notice_render (const notice_t *notice, const contact_t *contact, const policy_t *policy, event_id_t event,
                      unsigned *position, wall_ms_t now, delivery_t out[NOTICE_WAYS_MAX], effects_t *effects)
{
    render_t self = {.notice = notice,
                     .contact = contact,
                     .policy = policy,
                     .person = policy_person (policy, notice->person),
                     .event = event,
                     .position = position,
                     .now = now,
                     .out = out,
                     .effects = effects};
    notice_words (&self);
    if (notice->purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_TAKEN)
        follow_up (&self, OUT_FOLLOW_TAKEN);
    else if (notice->purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_OVER)
        follow_up (&self, OUT_FOLLOW_OVER);
    else if (notice->person[0])
        to_person (&self);
    else
        notice_customer (&self);
    say_rendered (&self);
    say_held (&self);
    return self.out_n;
}
