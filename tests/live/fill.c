/* fill.c - a store full of contacts that wait: opened and queued by the same five steps as the services', so that each has all
 * that the laws want, but without HTTP, routing and their time. Ends once all are committed; prints how many and how fast.
 *
 * usage: as a service's, and --count N --channels NAME[,NAME...]: taken in turn; --rare NAME: the last one's channel */
#include "clock.h"
#include "ids.h"
#include "words.h"
#include "work.h"
#include "xmalloc.h"

#include <stdio.h>
#include <stdlib.h>

enum { WINDOW = 64, CHANNELS_MAX = 8, AGAIN_MS = 100 }; /* few at once: a slow disk answers them in time */

typedef struct fill {
    service_t *service;
    const char *channels, *rare;
    int64_t count, begun, done, failed, began_ms;
    char names[CHANNELS_MAX][NAME_SIZE];
    size_t names_n;
} fill_t;

static fill_t fill;

static const param_t params[] = {
    {"count", PARAM_NUMBER, "1000", 1, 100000000, &fill.count, "contacts"},
    {"channels", PARAM_STRING, "mail", 0, 0, &fill.channels, "their channels, in turn"},
    {"rare", PARAM_STRING, "", 0, 0, &fill.rare, "the last one's channel"},
    {NULL},
};

static event_id_t drawn (void)
{
    event_id_t id = {{0}};
    clock_random (id.bytes, sizeof id.bytes);
    return id;
}

/* One contact, until it waits. What the store had no time for is asked again as it was, under the same ids. */
typedef struct one {
    int64_t number;
    char id[ID_SIZE];
    event_id_t opened, queued;
} one_t;

static void open_one (one_t *one);
static void queue_one (one_t *one);

static void on_open_again (void *arg)
{
    open_one (arg);
}

static void on_queue_again (void *arg)
{
    queue_one (arg);
}

static void wait_a_little (one_t *one, loop_fn *then)
{
    loop_at (fill.service->loop, loop_now (fill.service->loop) + AGAIN_MS, then, one);
}

static void next_one (void)
{
    if (fill.begun == fill.count)
        return;
    one_t *one = xcalloc (1, sizeof *one);
    uint8_t random[ID_RANDOM_BYTES];
    clock_random (random, sizeof random);
    id_make (store_now (fill.service->store), random, one->id);
    one->number = ++fill.begun;
    one->opened = drawn (), one->queued = drawn ();
    open_one (one);
}

static void ended (one_t *one, const work_result_t *result)
{
    fill.done++;
    fill.failed += result->outcome != WORK_DONE && result->outcome != WORK_ALREADY;
    free (one);
    if (fill.done < fill.count) {
        next_one ();
        return;
    }
    printf ("{\"contacts\": %lld, \"failed\": %lld, \"ms\": %lld}\n", (long long)fill.done, (long long)fill.failed,
            (long long)(loop_now (fill.service->loop) - fill.began_ms));
    fflush (stdout);
    loop_stop (fill.service->loop);
}

static void on_queued (void *arg, const work_result_t *result);

static void queue_one (one_t *one)
{
    work_begin (&(work_order_t){.service = fill.service,
                                .workspace = workspaces_name (fill.service->workspaces, 0),
                                .contact = one->id,
                                .event = {.kind = EVENT_QUEUE, .id = one->queued, .detail = "nobody is here yet"},
                                .done = on_queued,
                                .arg = one});
}

static void on_queued (void *arg, const work_result_t *result)
{
    if (result->outcome == WORK_AWAY)
        wait_a_little (arg, on_queue_again);
    else
        ended (arg, result);
}

static void on_opened (void *arg, const work_result_t *result)
{
    if (result->outcome == WORK_AWAY)
        wait_a_little (arg, on_open_again);
    else if (result->outcome == WORK_DONE || result->outcome == WORK_ALREADY)
        queue_one (arg);
    else
        ended (arg, result);
}

static void open_one (one_t *one)
{
    char customer[32];
    snprintf (customer, sizeof customer, "customer %lld", (long long)one->number);
    submission_t said = {.channel = one->number == fill.count && *fill.rare
                                        ? fill.rare
                                        : fill.names[(size_t)(one->number - 1) % fill.names_n],
                         .subject = "Where is my card?",
                         .text = "I ordered it two weeks ago and it has not come.",
                         .customer = customer,
                         .customer_name = "",
                         .thread = "",
                         .message_id = "",
                         .language = "",
                         .tier = "",
                         .return_to = "",
                         .continues = ""};
    const char *workspace = workspaces_name (fill.service->workspaces, 0);
    work_begin (&(work_order_t){.service = fill.service,
                                .workspace = workspace,
                                .contact = one->id,
                                .event = {.kind = EVENT_OPEN,
                                          .id = one->opened,
                                          .submission = &said,
                                          .contact = one->id,
                                          .workspace = workspace,
                                          .trace = ""},
                                .done = on_opened,
                                .arg = one});
}

static int start (service_t *service, void *arg)
{
    (void)arg;
    fill.service = service;
    fill.began_ms = loop_now (service->loop);
    for (const char *at = fill.channels; *at && fill.names_n < CHANNELS_MAX; fill.names_n++) {
        size_t size = strcspn (at, ",");
        snprintf (fill.names[fill.names_n], NAME_SIZE, "%.*s", (int)size, at);
        at += size + (at[size] == ',');
    }
    for (int i = 0; i < WINDOW; i++)
        next_one ();
    return 0;
}

static void drain (service_t *service, void *arg)
{
    (void)service, (void)arg;
}

static bool idle (service_t *service, void *arg)
{
    (void)service, (void)arg;
    return work_open () == 0;
}

int main (int argc, char **argv)
{
    static const service_kind_t kind = {.name = "fill",
                                        .summary = "fills a store with contacts that wait",
                                        .example = "  fill --count 20000",
                                        .params = params,
                                        .start = start,
                                        .drain = drain,
                                        .idle = idle,
                                        .stop = drain};
    return service_main (argc, argv, &kind, NULL);
}
