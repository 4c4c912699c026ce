/* mail_out_smtp.c - the thread's side: one SMTP conversation a job, with libcurl, which blocks here.
 *
 * Hears: jobs down its pipe. Says: the same jobs, with a code (SMTP's; 0: no answer) and the server's words. The
 * answer goes up before the connection is closed, since libcurl's QUIT waits for a silent server whatever the
 * time-out; the loop cuts that as well, by shutting the socket down. TLS: smtps:// and any password want it, with
 * a certificate that holds; else STARTTLS is used when offered, as mail servers among themselves do.
 */
#include "mail_out_private.h"
#include "xmalloc.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CODE_FIRST_REFUSAL = 400, CODE_ACCEPTED = 250 };

/* --- the socket, shared with the loop ---------------------------------------------------------------- */

void mail_worker_cut (mail_worker_t *self)
{
    pthread_mutex_lock (&self->lock);
    self->cut = true;
    if (self->fd >= 0)
        shutdown (self->fd, SHUT_RDWR);
    pthread_mutex_unlock (&self->lock);
}

static curl_socket_t on_open_socket (void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    mail_worker_t *self = arg;
    (void)purpose;
    pthread_mutex_lock (&self->lock);
    int fd = self->cut ? -1 : socket (address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    self->fd = fd;
    pthread_mutex_unlock (&self->lock);
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int on_close_socket (void *arg, curl_socket_t fd)
{
    mail_worker_t *self = arg;
    pthread_mutex_lock (&self->lock);
    if (self->fd == fd)
        self->fd = -1;
    pthread_mutex_unlock (&self->lock);
    return close (fd);
}

static int on_progress (void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    mail_worker_t *self = arg;
    (void)a, (void)b, (void)c, (void)d;
    pthread_mutex_lock (&self->lock);
    bool cut = self->cut;
    pthread_mutex_unlock (&self->lock);
    return cut;
}

/* --- the conversation -------------------------------------------------------------------------------- */

static size_t on_read (char *to, size_t one, size_t room, void *arg)
{
    mail_job_t *job = arg;
    size_t left = job->text_size - job->text_sent;
    size_t size = left < one * room ? left : one * room;
    memcpy (to, job->text + job->text_sent, size);
    job->text_sent += size;
    return size;
}

/* The server's lines: the last refusal is the reason (what comes after it only answers QUIT). */
static size_t on_line (char *line, size_t one, size_t size, void *arg)
{
    mail_job_t *job = arg;
    size_t n = one * size;
    if (!n || (line[0] != '4' && line[0] != '5'))
        return n;
    while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        n--;
    if (n >= sizeof job->error)
        n = sizeof job->error - 1;
    memcpy (job->error, line, n);
    job->error[n] = 0;
    return one * size;
}

static size_t on_late_line (char *line, size_t one, size_t size, void *arg)
{
    (void)line;
    (void)arg;
    return one * size;
}

/* What we say: from MAIL on, a refusal is about this mail. */
static int on_said (CURL *easy, curl_infotype kind, char *line, size_t size, void *arg)
{
    mail_job_t *job = arg;
    (void)easy;
    if (kind == CURLINFO_HEADER_OUT && size > 5 && strncmp (line, "MAIL ", 5) == 0)
        job->stage = MAIL_STAGE_MAIL;
    return 0;
}

static int on_late_said (CURL *easy, curl_infotype kind, char *line, size_t size, void *arg)
{
    (void)easy, (void)kind, (void)line, (void)size, (void)arg;
    return 0;
}

static void set_server (CURL *easy, const mail_server_t *server)
{
    bool trusted = server->password || strncmp (server->url, "smtps:", 6) == 0;
    curl_easy_setopt (easy, CURLOPT_URL, server->url);
    curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt (easy, CURLOPT_PROXY, "");
    curl_easy_setopt (easy, CURLOPT_USE_SSL, (long)(trusted ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (!trusted) {
        curl_easy_setopt (easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt (easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (server->user)
        curl_easy_setopt (easy, CURLOPT_USERNAME, server->user);
    if (server->password)
        curl_easy_setopt (easy, CURLOPT_PASSWORD, server->password);
}

static void set_limits (CURL *easy, mail_worker_t *self, const mail_job_t *job)
{
    curl_easy_setopt (easy, CURLOPT_TIMEOUT_MS, (long)job->left_ms);
    curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt (easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt (easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt (easy, CURLOPT_OPENSOCKETDATA, self);
    curl_easy_setopt (easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt (easy, CURLOPT_CLOSESOCKETDATA, self);
    curl_easy_setopt (easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt (easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt (easy, CURLOPT_XFERINFODATA, self);
}

static void set_mail (CURL *easy, mail_job_t *job, const struct curl_slist *to)
{
    curl_easy_setopt (easy, CURLOPT_MAIL_FROM, job->from);
    curl_easy_setopt (easy, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt (easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt (easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)job->text_size);
    curl_easy_setopt (easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt (easy, CURLOPT_READDATA, job);
    curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, on_line);
    curl_easy_setopt (easy, CURLOPT_WRITEDATA, job);
    curl_easy_setopt (easy, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt (easy, CURLOPT_HEADERDATA, job);
    curl_easy_setopt (easy, CURLOPT_DEBUGFUNCTION, on_said);
    curl_easy_setopt (easy, CURLOPT_DEBUGDATA, job);
    curl_easy_setopt (easy, CURLOPT_VERBOSE, 1L); /* else it is not told */
}

/* Anything but acceptance or a refusal in SMTP's words is no answer: it may have been accepted or not. */
static void judge (CURL *easy, CURLcode code, const char *words, mail_job_t *job)
{
    long smtp = 0;
    curl_easy_getinfo (easy, CURLINFO_RESPONSE_CODE, &smtp);
    if (code == CURLE_OK) {
        job->code = CODE_ACCEPTED;
        job->error[0] = 0;
    } else if (smtp >= CODE_FIRST_REFUSAL)
        job->code = (int)smtp; /* error: the server's last line */
    else {
        job->code = 0;
        snprintf (job->error, sizeof job->error, "%s", words[0] ? words : curl_easy_strerror (code));
    }
}

static void converse (mail_worker_t *self, mail_job_t *job, zsock_t *results)
{
    char words[CURL_ERROR_SIZE] = "";
    CURL *easy = xcheck (curl_easy_init ());
    struct curl_slist *to = xcheck (curl_slist_append (NULL, job->to));
    set_server (easy, self->server);
    set_limits (easy, self, job);
    set_mail (easy, job, to);
    curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, words);
    judge (easy, curl_easy_perform (easy), words, job);
    curl_easy_setopt (easy, CURLOPT_HEADERFUNCTION, on_late_line); /* from here the job is the loop's */
    curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, on_late_line);
    curl_easy_setopt (easy, CURLOPT_DEBUGFUNCTION, on_late_said);
    curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, NULL);
    zsock_send (results, "pp", self, job);
    curl_easy_cleanup (easy); /* says QUIT, and waits */
    curl_slist_free_all (to);
    zsock_send (results, "pp", self, NULL);
}

/* NULL: the end. */
static mail_job_t *next_job (zsock_t *pipe)
{
    zmsg_t *message = zmsg_recv (pipe);
    zframe_t *frame = message ? zmsg_first (message) : NULL;
    void *job = NULL;
    if (frame && zframe_size (frame) == sizeof job) /* else it is $TERM */
        memcpy (&job, zframe_data (frame), sizeof job);
    zmsg_destroy (&message);
    return job;
}

void mail_worker_run (zsock_t *pipe, void *arg)
{
    mail_worker_t *self = arg;
    zsock_t *results = xcheck (zsock_new_push (self->results));
    zsock_set_linger (results, 0);
    zsock_signal (pipe, 0);
    for (mail_job_t *job; (job = next_job (pipe));)
        converse (self, job, results);
    zsock_destroy (&results);
}
