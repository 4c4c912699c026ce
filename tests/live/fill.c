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

enum { WINDOW = 64, CHANNELS_MAX = 8 }; /* few at once: a slow disk answers them in time */

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

static void open_one (void);

static event_id_t drawn (void)
{
    event_id_t id = {{0}};
    clock_random (id.bytes, sizeof id.bytes);
    return id;
}

static void on_queued (void *arg, const work_result_t *result)
{
    (void)arg;
    fill.done++;
    fill.failed += result->outcome != WORK_DONE;
    if (fill.done < fill.count) {
        open_one ();
        return;
    }
    printf ("{\"contacts\": %lld, \"failed\": %lld, \"ms\": %lld}\n", (long long)fill.done, (long long)fill.failed,
            (long long)(loop_now (fill.service->loop) - fill.began_ms));
    fflush (stdout);
    loop_stop (fill.service->loop);
}

static void on_opened (void *arg, const work_result_t *result)
{
    (void)arg;
    if (result->outcome != WORK_DONE) {
        on_queued (NULL, result);
        return;
    }
    work_begin (&(work_order_t){.service = fill.service,
                                .workspace = result->contact->workspace,
                                .contact = result->contact->id,
                                .event = {.kind = EVENT_QUEUE, .id = drawn (), .detail = "nobody is here yet"},
                                .done = on_queued});
}

static void open_one (void)
{
    if (fill.begun == fill.count)
        return;
    char id[ID_SIZE], customer[32];
    uint8_t random[ID_RANDOM_BYTES];
    const char *name = fill.names[(size_t)fill.begun++ % fill.names_n];
    clock_random (random, sizeof random);
    id_make (store_now (fill.service->store), random, id);
    snprintf (customer, sizeof customer, "customer %lld", (long long)fill.begun);
    submission_t said = {.channel = fill.begun == fill.count && *fill.rare ? fill.rare : name,
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
                                .contact = id,
                                .event = {.kind = EVENT_OPEN,
                                          .id = drawn (),
                                          .submission = &said,
                                          .contact = id,
                                          .workspace = workspace,
                                          .trace = ""},
                                .done = on_opened});
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
        open_one ();
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
