/* event_pack.c - facts of one commit as an Event: whole for the timeline, cut for the stream. */
#include "plan.h"

#include "keys.h"
#include "trace.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum { LOADS_MAX = 8 };

static void pack_fact (Buckstop__V1__Fact *to, const fact_t *from, bool timeline, char cut[EVENT_TEXT_MAX])
{
    buckstop__v1__fact__init (to);
    to->kind = from->kind;
    to->at = from->at;
    to->by = (char *)from->by;
    to->to = (char *)from->to;
    to->detail = (char *)from->detail;
    to->promise = from->promise;
    to->due = from->due;
    to->number = from->number;
    if (!from->text)
        return;
    word_copy (cut, EVENT_TEXT_MAX, timeline ? "" : from->text);
    to->text = timeline ? (char *)from->text : cut;
}

const char *event_trace (const Buckstop__V1__Event *event, char trace[TRACE_SIZE])
{
    char kept[TRACE_SIZE];
    if (!trace_unpack (event->trace_context.data, event->trace_context.len, kept) || !*kept)
        trace_take (event->trace, kept);
    return trace_of (kept, event->contact, trace);
}

/* Bytes: of the trace, if the submission brought one. */
static void pack_contact (Buckstop__V1__Event *event, const contact_t *c, uint8_t bytes[TRACE_BYTES])
{
    event->contact = (char *)c->id;
    event->state = c->state;
    event->accountable = (char *)c->accountable;
    event->owner = (char *)c->owner;
    event->channel = (char *)c->channel;
    event->team = (char *)c->team;
    event->subject = (char *)c->subject;
    event->version = c->version;
    event->trace_context.len = trace_pack (c->trace, bytes);
    event->trace_context.data = bytes;
}

/* On the timeline the contact's own particulars would only repeat what its record says. */
static void pack_where (Buckstop__V1__Event *event, const contact_t *c, bool timeline, uint8_t trace[TRACE_BYTES])
{
    if (c && timeline) {
        event->state = c->state;
        event->version = c->version;
    } else if (c) {
        pack_contact (event, c, trace);
    }
}

uint8_t *event_pack (const char *workspace, const contact_t *after, const char *person, const fact_t *facts,
                     size_t facts_n, const load_change_t *loads, size_t loads_n, wall_ms_t at, bool timeline,
                     size_t *size)
{
    Buckstop__V1__Event event = BUCKSTOP__V1__EVENT__INIT;
    Buckstop__V1__Fact items[FACTS_MAX], *list[FACTS_MAX];
    Buckstop__V1__LoadChange changes[LOADS_MAX], *change_list[LOADS_MAX];
    char cuts[FACTS_MAX][EVENT_TEXT_MAX];
    uint8_t trace[TRACE_BYTES];
    pack_where (&event, after, timeline, trace);
    if (!timeline)
        event.workspace = (char *)workspace;
    if (person)
        event.person = (char *)person;
    event.at = at;
    for (size_t i = 0; i < facts_n && i < FACTS_MAX; i++) {
        pack_fact (&items[i], &facts[i], timeline, cuts[i]);
        list[i] = &items[i];
        if (facts[i].kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_OPENED && after && !timeline)
            event.rule = (char *)after->rule;
        if (facts[i].kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE)
            event.notices += facts[i].number;
    }
    event.n_facts = facts_n < FACTS_MAX ? facts_n : FACTS_MAX;
    event.facts = list;
    for (size_t i = 0; i < loads_n && i < LOADS_MAX; i++) {
        buckstop__v1__load_change__init (&changes[i]);
        changes[i].person = (char *)loads[i].person;
        changes[i].epoch = loads[i].epoch;
        changes[i].channel = after ? (char *)after->channel : changes[i].channel;
        changes[i].change = loads[i].change;
        change_list[i] = &changes[i];
    }
    event.n_loads = loads_n < LOADS_MAX ? loads_n : LOADS_MAX;
    event.loads = change_list;
    *size = buckstop__v1__event__get_packed_size (&event);
    uint8_t *bytes = xmalloc (*size);
    buckstop__v1__event__pack (&event, bytes);
    return bytes;
}

void event_put (commit_t *commit, int shard, const char *workspace, const contact_t *contact, const char *person,
                const fact_t *fact, bool timeline)
{
    char key[KEY_SIZE];
    size_t size;
    uint8_t *bytes;
    if (timeline) {
        bytes = event_pack (workspace, contact, person, fact, 1, NULL, 0, fact->at, true, &size);
        commit_append (commit, key_timeline (key, shard, workspace, contact->id), bytes, size);
        free (bytes);
    }
    bytes = event_pack (workspace, contact, person, fact, 1, NULL, 0, fact->at, false, &size);
    commit_event (commit, key_events (key, shard, workspace), bytes, size);
    free (bytes);
}
