/* service_metrics.c - what every service shows of itself at /metrics: its process, its loop, the store's door, its peers.
 *
 * Hears: nothing; it is asked. Says: OpenMetrics text, each metric under the head that its table gives it. Nothing here
 * blocks: of /proc only what the kernel has at hand. */
#include "service_private.h"

#include "clock.h"
#include "metrics.h"
#include "options.h"

#include <dirent.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *const link_names[BUS_LINKS] = {[BUS_SUBMIT] = "submit",
                                                  [BUS_ROUTE] = "route",
                                                  [BUS_DUE] = "due",
                                                  [BUS_OUTBOX] = "outbox",
                                                  [BUS_STREAM] = "stream"};

/* ---- the process, by names that are agreed on ---- */

static double resident_bytes (void)
{
    long pages = 0;
    FILE *file = fopen ("/proc/self/statm", "re");
    if (file) {
        if (fscanf (file, "%*s %ld", &pages) != 1)
            pages = 0;
        fclose (file);
    }
    return (double)pages * (double)sysconf (_SC_PAGESIZE);
}

static double open_descriptors (void)
{
    double n = 0;
    DIR *directory = opendir ("/proc/self/fd");
    for (const struct dirent *entry; directory && (entry = readdir (directory));)
        n += entry->d_name[0] != '.';
    if (directory)
        closedir (directory);
    return n > 0 ? n - 1 : 0; /* without the one that looked */
}

static double seconds_of (struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void print_process (const service_t *service, FILE *out)
{
    struct rusage usage = {0};
    struct rlimit limit = {0};
    double uptime = (double)(loop_now (service->loop) - service->private_->began) / (double)MS_PER_SECOND;
    getrusage (RUSAGE_SELF, &usage);
    getrlimit (RLIMIT_NOFILE, &limit);
    metric_print (out, "process_cpu_seconds", seconds_of (usage.ru_utime) + seconds_of (usage.ru_stime));
    metric_print (out, "process_resident_memory_bytes", resident_bytes ());
    metric_print (out, "process_open_fds", open_descriptors ());
    metric_print (out, "process_max_fds", (double)limit.rlim_cur);
    metric_print (out, "process_start_time_seconds", (double)clock_wall () / (double)MS_PER_SECOND - uptime);
    metric_print (out, "uptime_seconds", uptime);
    metrics_print_histogram (out, "loop_turn_seconds", loop_turns (service->loop));
    metric_print (out, "loop_longest_turn_seconds", (double)loop_longest_turn_us (service->loop) / 1e6);
    metric_print (out, "loop_longest_turn_cpu_seconds", (double)loop_longest_turn_cpu_us (service->loop) / 1e6);
}

/* ---- the store ---- */

static void print_store (const service_t *service, FILE *out)
{
    static const char *const outcomes[COMMIT_OUTCOMES] = {[COMMIT_DONE] = "done",
                                                          [COMMIT_ALREADY] = "already",
                                                          [COMMIT_REFUSED] = "refused",
                                                          [COMMIT_INVALID] = "invalid",
                                                          [COMMIT_AWAY] = "away"};
    const store_t *store = service->store;
    const store_stats_t *stats = store_stats (store);
    metric_print (out, "store_ready", store_ready (store) && !store_full (store));
    metric_print (out, "store_full", store_full (store));
    metric_print (out, "store_memory_ratio", store_memory_used (store));
    metric_print (out, "store_memory_bytes", stats->memory_bytes);
    metric_print (out, "store_connections_lost", (double)stats->connections_lost);
    metrics_print_histogram (out, "store_commit_seconds", &stats->commits);
    metric_head (out, "store_commits");
    for (int i = 0; i < COMMIT_OUTCOMES; i++)
        fprintf (out, METRIC_PREFIX "store_commits_total{outcome=\"%s\"} %" PRIu64 "\n", outcomes[i],
                 stats->outcomes[i]);
}

/* ---- the others ---- */

static void print_links (FILE *out, const char *name, const char *end, const uint64_t values[BUS_LINKS])
{
    metric_head (out, name);
    for (int link = 0; link < BUS_LINKS; link++)
        fprintf (out, METRIC_PREFIX "%s%s{link=\"%s\"} %" PRIu64 "\n", name, end, link_names[link], values[link]);
}

static void print_peers (const service_t *service, FILE *out)
{
    uint64_t dropped[BUS_LINKS], peers[BUS_LINKS], closed[BUS_LINKS];
    for (int link = 0; link < BUS_LINKS; link++) {
        dropped[link] = bus_dropped (service->bus, (bus_link_t)link);
        peers[link] = bus_peers (service->bus, (bus_link_t)link);
        closed[link] = bus_peers_closed (service->bus, (bus_link_t)link);
    }
    print_links (out, "hints_dropped", "_total", dropped);
    print_links (out, "peers", "", peers);
    print_links (out, "peers_closed", "_total", closed);
    metric_head (out, "peers_refused");
    fprintf (out, METRIC_PREFIX "peers_refused_total %" PRIu64 "\n", bus_refused (service->bus));
}

void service_metrics_print (service_t *service, FILE *out)
{
    const char *why = "";
    metric_head (out, "service");
    fprintf (out, METRIC_PREFIX "service_info{name=\"%s\",version=\"%s\"} 1\n", service->name, BUCKSTOP_VERSION);
    metric_print (out, "ready", service_is_ready (service, &why));
    print_process (service, out);
    print_store (service, out);
    print_peers (service, out);
}
