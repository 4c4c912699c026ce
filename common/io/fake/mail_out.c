/* mail_out.c (fake) - mails are kept for the test to read; fake_peer says how the far side answers. */
#include "mail_out.h"
#include "world.h"

#include "xmalloc.h"

struct mail_out {
    loop_t *loop;
    struct pending *pending;
};

typedef struct pending {
    struct pending *next;
    mail_out_t *out; /* NULL: answered */
    mail_answer_fn *fn;
    void *arg;
    mail_answer_t answer;
} pending_t;

static fake_mail_t **mails;
static size_t mails_n;

size_t fake_mails (void)
{
    return mails_n;
}

const fake_mail_t *fake_mail (size_t index)
{
    return index < mails_n ? mails[index] : NULL;
}

void world_reset_mail (void)
{
    for (size_t i = 0; i < mails_n; i++) {
        const fake_mail_t *mail = mails[i];
        const char *words[] = {mail->id,          mail->from,       mail->to,       mail->subject, mail->body,
                               mail->in_reply_to, mail->message_id, mail->reply_to, mail->thread};
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            free ((void *)words[w]);
        free (mails[i]);
    }
    free (mails);
    mails = NULL;
    mails_n = 0;
}

static void record (const mail_out_t *self, const mail_t *mail, bool taken)
{
    fake_mail_t *kept = xcalloc (1, sizeof *kept);
    *kept = (fake_mail_t){
        .at = fake_wall (),
        .by = self->loop,
        .id = xstrdup (mail->id),
        .from = xstrdup (mail->from),
        .to = xstrdup (mail->to),
        .subject = xstrdup (mail->subject),
        .body = xstrdup (mail->body),
        .in_reply_to = xstrdup (mail->in_reply_to ? mail->in_reply_to : ""),
        .message_id = xstrdup (mail->message_id ? mail->message_id : ""),
        .reply_to = xstrdup (mail->reply_to ? mail->reply_to : ""),
        .thread = xstrdup (mail->thread ? mail->thread : ""),
        .automatic = mail->automatic,
        .taken = taken,
    };
    mails = xrealloc (mails, (mails_n + 1) * sizeof *mails);
    mails[mails_n++] = kept;
}

mail_out_t *mail_out_new (loop_t *loop, const char *url, const char *user, const char *password, int threads)
{
    (void)url, (void)user, (void)password, (void)threads;
    mail_out_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    return self;
}

static void leave (pending_t *self)
{
    pending_t **link = &self->out->pending;
    while (*link != self)
        link = &(*link)->next;
    *link = self->next;
    self->out = NULL;
}

static void answer (void *arg)
{
    pending_t *self = arg;
    if (!self->out)
        return;
    leave (self);
    self->fn (self->arg, &self->answer);
}

static void forget (void *arg)
{
    pending_t *self = arg;
    if (self->out)
        leave (self);
    free (self);
}

void mail_out_destroy (mail_out_t **self_p)
{
    mail_out_t *self = *self_p;
    if (!self)
        return;
    while (self->pending) {
        pending_t *pending = self->pending;
        self->pending = pending->next;
        pending->out = NULL;
        if (world_alive (self->loop))
            pending->fn (pending->arg, &(mail_answer_t){.error = "stopped"});
    }
    free (self);
    *self_p = NULL;
}

static mail_answer_t answer_of (const world_peer_t *peer)
{
    static const char *const errors[] = {
        [FAKE_PEER_SILENT] = "timed out",
        [FAKE_PEER_LOST] = "connection reset",
        [FAKE_PEER_GARBAGE] = "not SMTP",
        [FAKE_PEER_DOWN] = "connection refused",
    };
    if (peer->kind != FAKE_PEER_ANSWERS)
        return (mail_answer_t){.error = errors[peer->kind], .unsent = peer->kind == FAKE_PEER_DOWN};
    int code = peer->status ? peer->status : 250;
    bool server = code == 535; /* AUTH */
    return (mail_answer_t){.code = code,
                           .stage = server ? MAIL_STAGE_SERVER : MAIL_STAGE_MAIL,
                           .error = code < 400 ? "" : "refused by the far side"};
}

void mail_out_send (mail_out_t *self, const mail_t *mail, mail_answer_fn *fn, void *arg)
{
    if (world_kill_here (self->loop, FAKE_KILL_BEFORE_SEND))
        return;
    world_peer_t peer = world_peer (mail->to);
    pending_t *pending = xcalloc (1, sizeof *pending);
    *pending = (pending_t){.next = self->pending, .out = self, .fn = fn, .arg = arg, .answer = answer_of (&peer)};
    self->pending = pending;
    record (self, mail, peer.kind == FAKE_PEER_LOST || (pending->answer.code && pending->answer.code < 400));
    int64_t delay = peer.kind == FAKE_PEER_SILENT ? mail->timeout_ms : peer.value;
    world_post (self->loop, delay, answer, pending, forget);
    world_kill_here (self->loop, FAKE_KILL_AFTER_SEND);
}
