/* top_link.c - the console's stream, held open.
 *
 * Hears: server-sent events over HTTP. Says: each of them; in words, when nothing comes: the console says something each
 * second, so silence is told after SILENT_MS, and ends the connection after curl's own limit. Cut off it is opened again
 * after a pause that grows, with the id of the last event.
 */
#include "top_link.h"

#include "clock.h"
#include "xmalloc.h"

#include <string.h>

enum { SILENT_MS = 3500, LOW_SPEED_S = 10, CONNECT_S = 5, PAUSE_MIN_MS = 250, PAUSE_MAX_MS = 5000, LINE_SIZE = 256 };
enum {
    URL_SIZE = 2048,
    REFUSAL_MAX = 4096,
    STATUS_FINE = 200,
    STATUS_BAD = 400,
    STATUS_SERVER = 500,
    STATUS_BUSY = 429
};

struct top_link {
    const cli_t *cli;
    char url[URL_SIZE];
    sse_fn *fn;
    void *arg;
    sse_t sse;
    CURLM *multi;
    CURL *easy; /* NULL: between two attempts */
    struct curl_slist *headers;
    mono_ms_t heard, again; /* the last bytes; when the next attempt is due */
    int pause_ms;
    bool lost;                   /* it was cut off, and no event has come since */
    char error[CURL_ERROR_SIZE]; /* of the attempt that is under way */
    char reason[DETAIL_SIZE];    /* why the last one ended; stays while the next one is under way */
    char trouble[DETAIL_SIZE];
    char refusal[REFUSAL_MAX]; /* the beginning of an answer that is no stream */
    size_t refusal_size;
    int status;
};

static long status_of (const top_link_t *self)
{
    long status = 0;
    if (self->easy)
        curl_easy_getinfo (self->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static void on_event (void *arg, const char *event, const char *data, size_t size)
{
    top_link_t *self = arg;
    self->lost = false;
    self->pause_ms = PAUSE_MIN_MS;
    self->fn (self->arg, event, data, size);
}

static size_t on_bytes (char *bytes, size_t size, size_t n, void *arg)
{
    top_link_t *self = arg;
    size_t more = size * n, room = sizeof self->refusal - 1 - self->refusal_size;
    self->heard = clock_mono ();
    if (status_of (self) == STATUS_FINE)
        return sse_take (&self->sse, bytes, more, on_event, self) ? more : 0;
    memcpy (self->refusal + self->refusal_size, bytes, more < room ? more : room);
    self->refusal_size += more < room ? more : room;
    return more;
}

static void add_header (top_link_t *self, const char *name, const char *value)
{
    char line[LINE_SIZE];
    if (!value || !*value)
        return;
    snprintf (line, sizeof line, "%s%s", name, value);
    self->headers = curl_slist_append (self->headers, line);
}

static void begin (top_link_t *self)
{
    self->easy = xcheck (curl_easy_init ());
    self->refusal_size = 0;
    *self->error = '\0';
    add_header (self, "Accept: ", "text/event-stream");
    add_header (self, "Authorization: Bearer ", self->cli->token);
    add_header (self, "Last-Event-ID: ", self->sse.id);
    curl_easy_setopt (self->easy, CURLOPT_URL, self->url);
    curl_easy_setopt (self->easy, CURLOPT_HTTPHEADER, self->headers);
    curl_easy_setopt (self->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt (self->easy, CURLOPT_WRITEDATA, self);
    curl_easy_setopt (self->easy, CURLOPT_ERRORBUFFER, self->error);
    curl_easy_setopt (self->easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt (self->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt (self->easy, CURLOPT_LOW_SPEED_TIME, (long)LOW_SPEED_S);
    curl_easy_setopt (self->easy, CURLOPT_NOSIGNAL, 1L);
    curl_multi_add_handle (self->multi, self->easy);
}

static void end (top_link_t *self)
{
    if (!self->easy)
        return;
    curl_multi_remove_handle (self->multi, self->easy);
    curl_easy_cleanup (self->easy);
    curl_slist_free_all (self->headers);
    self->easy = NULL;
    self->headers = NULL;
    sse_break (&self->sse);
}

/* What the answer that is no stream says: its problem document, else its status. */
static void words_of_refusal (top_link_t *self, long status)
{
    json_error_t error;
    json_t *problem = json_loadb (self->refusal, self->refusal_size, 0, &error);
    const char *title = json_string_value (json_object_get (problem, "title"));
    const char *detail = json_string_value (json_object_get (problem, "detail"));
    if (title || detail)
        snprintf (self->reason, sizeof self->reason, "%.80s%s%.140s", title ? title : "", title && detail ? ": " : "",
                  detail ? detail : "");
    else
        snprintf (self->reason, sizeof self->reason, "HTTP %ld", status);
    json_decref (problem);
}

/* What will be answered the same way is not asked again. */
static void judge (top_link_t *self, CURLcode rc)
{
    long status = status_of (self);
    bool later = status >= STATUS_SERVER || status == STATUS_BUSY;
    if (status >= STATUS_BAD && !later)
        self->status = CLI_NO;
    if (status != STATUS_FINE && status)
        words_of_refusal (self, status);
    else if (*self->error)
        snprintf (self->reason, sizeof self->reason, "%.200s", self->error);
    else
        snprintf (self->reason, sizeof self->reason, "%s",
                  rc == CURLE_OK ? "the console ended the stream" : curl_easy_strerror (rc));
}

static void stream_ended (top_link_t *self, CURLcode rc)
{
    judge (self, rc);
    end (self);
    self->lost = true;
    self->again = clock_mono () + self->pause_ms;
    self->pause_ms = self->pause_ms * 2 < PAUSE_MAX_MS ? self->pause_ms * 2 : PAUSE_MAX_MS;
}

static void beside_ended (top_link_t *self, CURL *easy, CURLcode rc)
{
    char *beside = NULL;
    curl_easy_getinfo (easy, CURLINFO_PRIVATE, &beside);
    curl_multi_remove_handle (self->multi, easy);
    ((const top_beside_t *)(void *)beside)->done (((const top_beside_t *)(void *)beside)->arg, rc);
}

static void look (top_link_t *self)
{
    int left;
    const CURLMsg *message;
    mono_ms_t now = clock_mono ();
    if (!self->easy && now >= self->again && self->status == CLI_GO)
        begin (self);
    int running;
    curl_multi_perform (self->multi, &running);
    while ((message = curl_multi_info_read (self->multi, &left))) {
        if (message->msg == CURLMSG_DONE && message->easy_handle == self->easy)
            stream_ended (self, message->data.result);
        else if (message->msg == CURLMSG_DONE)
            beside_ended (self, message->easy_handle, message->data.result);
    }
}

void top_link_add (top_link_t *self, CURL *easy, top_beside_t *beside)
{
    curl_easy_setopt (easy, CURLOPT_PRIVATE, beside);
    curl_multi_add_handle (self->multi, easy);
}

void top_link_remove (top_link_t *self, CURL *easy)
{
    curl_multi_remove_handle (self->multi, easy);
}

static void say_trouble (top_link_t *self)
{
    mono_ms_t silent = clock_mono () - self->heard;
    *self->trouble = '\0';
    if (self->lost)
        snprintf (self->trouble, sizeof self->trouble, "CUT OFF for %lld s: %.160s; trying again",
                  (long long)(silent / MS_PER_SECOND), self->reason);
    else if (silent > SILENT_MS)
        snprintf (self->trouble, sizeof self->trouble, "NOTHING HEARD for %lld s", (long long)(silent / MS_PER_SECOND));
}

void top_link_wait (top_link_t *self, int fd, int ms)
{
    struct curl_waitfd also = {.fd = fd, .events = CURL_WAIT_POLLIN};
    curl_multi_poll (self->multi, &also, fd >= 0, ms, NULL);
}

void top_link_hear (top_link_t *self)
{
    look (self);
    say_trouble (self);
}

const char *top_link_trouble (const top_link_t *self)
{
    return self->trouble;
}

int top_link_refused (const top_link_t *self, char why[DETAIL_SIZE])
{
    snprintf (why, DETAIL_SIZE, "%s", self->reason);
    return self->status;
}

top_link_t *top_link_new (const cli_t *cli, const char *console, sse_fn *fn, void *arg)
{
    top_link_t *self = xcalloc (1, sizeof *self);
    size_t length = strlen (console);
    while (length > 0 && console[length - 1] == '/')
        length--;
    snprintf (self->url, sizeof self->url, "%.*s/board/stream?limit=1000", (int)length, console);
    self->cli = cli;
    self->fn = fn;
    self->arg = arg;
    self->multi = xcheck (curl_multi_init ());
    self->heard = clock_mono ();
    self->pause_ms = PAUSE_MIN_MS;
    self->status = CLI_GO;
    return self;
}

void top_link_destroy (top_link_t **self_p)
{
    top_link_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    end (self);
    curl_multi_cleanup (self->multi);
    sse_clear (&self->sse);
    free (self);
}
