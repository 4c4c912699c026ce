/* bus_zap.c - who may be heard: libzmq asks for each handshake, within the process, and waits for the answer.
 *
 * Hears: version, request, domain, address, identity, mechanism, and the key that was proven (RFC 27). Says: 200 and whose
 * it is, or 400. One question a turn: the loop comes back as long as there are more. */
#include "bus_zap.h"

#include "xmalloc.h"

#include <czmq.h>
#include <errno.h>

enum {
    ZAP_VERSION,
    ZAP_REQUEST,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_IDENTITY,
    ZAP_MECHANISM,
    ZAP_KEY,
    ZAP_FRAMES,
    WHO_SIZE = 128
};
#define ENDPOINT "inproc://zeromq.zap.01"

struct bus_zap {
    loop_t *loop;
    const bus_keys_t *keys;
    zsock_t *sock;
    bus_refused_fn *refused;
    void *arg;
};

static void say_refused (const bus_zap_t *self, const unsigned char key[KEY_BYTES], const zframe_t *address)
{
    char text[KEY_TEXT_SIZE], who[WHO_SIZE];
    zmq_z85_encode (text, key, KEY_BYTES);
    snprintf (who, sizeof who, "%.*s at %.*s", KEY_TEXT_SIZE - 1, text, (int)zframe_size ((zframe_t *)address),
              (const char *)zframe_data ((zframe_t *)address));
    self->refused (self->arg, "its key is not in our public folder", who);
}

/* Whose key it is; NULL: nobody's. */
static const char *judge (const bus_zap_t *self, zframe_t *const frames[ZAP_FRAMES])
{
    if (!zframe_streq (frames[ZAP_MECHANISM], "CURVE") || zframe_size (frames[ZAP_KEY]) != KEY_BYTES)
        return NULL;
    const char *who = bus_keys_who (self->keys, zframe_data (frames[ZAP_KEY]));
    if (!who)
        say_refused (self, zframe_data (frames[ZAP_KEY]), frames[ZAP_ADDRESS]);
    return who;
}

static void answer (const bus_zap_t *self, zmsg_t *question)
{
    zframe_t *frames[ZAP_FRAMES] = {zmsg_first (question)};
    for (size_t i = 1; i < ZAP_FRAMES; i++)
        frames[i] = zmsg_next (question);
    const char *who = zmsg_size (question) == ZAP_FRAMES ? judge (self, frames) : NULL;
    zmsg_t *said = zmsg_new ();
    zmsg_addstr (said, "1.0");
    zmsg_addmem (said, frames[ZAP_REQUEST] ? zframe_data (frames[ZAP_REQUEST]) : NULL,
                 frames[ZAP_REQUEST] ? zframe_size (frames[ZAP_REQUEST]) : 0);
    zmsg_addstr (said, who ? "200" : "400");
    zmsg_addstr (said, who ? "OK" : "no access");
    zmsg_addstr (said, who ? who : "");
    zmsg_addmem (said, "", 0);
    zmsg_send (&said, self->sock);
    zmsg_destroy (&said); /* if it could not be sent */
}

static int on_question (zloop_t *zloop, zsock_t *sock, void *arg)
{
    bus_zap_t *self = arg;
    (void)zloop;
    loop_turn_begin (self->loop);
    zmsg_t *question = zmsg_recv (sock);
    if (question)
        answer (self, question);
    zmsg_destroy (&question);
    return loop_turn_end (self->loop);
}

bus_zap_t *bus_zap_new (loop_t *loop, const bus_keys_t *keys, bus_refused_fn *refused, void *arg)
{
    bus_zap_t *self = xcalloc (1, sizeof *self);
    *self = (bus_zap_t){.loop = loop, .keys = keys, .refused = refused, .arg = arg};
    self->sock = zsock_new (ZMQ_REP);
    if (!self->sock || zmq_bind (zsock_resolve (self->sock), ENDPOINT) != 0) {
        int error = errno;
        zsock_destroy (&self->sock);
        free (self);
        errno = error;
        return NULL;
    }
    zloop_reader (loop_zloop (loop), self->sock, on_question, self);
    return self;
}

void bus_zap_destroy (bus_zap_t **self_p)
{
    bus_zap_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    zloop_reader_end (loop_zloop (self->loop), self->sock);
    zsock_destroy (&self->sock);
    free (self);
}
