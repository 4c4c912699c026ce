/* policy_clash.c - what two workspaces of one house both claim, though it can be only one's.
 *
 * Hears: two policies. Says: a mail address of both (intake then knows no workspace for a mail to it, mail_places.c); a file of
 * secrets that a channel of each reads (who holds the key of one is believed by the other; a call goes out by one account).
 * Limits: an address of one and the domain of the other are no clash: the address counts. The key of callbacks is the
 * house's own, and shared on purpose. */
#include "policy_clash.h"

#include "identity.h"
#include "policy_builtin.h"
#include "policy_secrets.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct clash {
    const policy_t *mine, *other;
    policy_clash_fn *fn;
    void *arg;
    const char *name; /* of the secret that is looked for in the other one */
    bool found;
} clash_t;

static void __attribute__ ((format (printf, 4, 5)))
say (const clash_t *self, policy_clash_t kind, const char *what, const char *format, ...)
{
    char why[2 * DETAIL_SIZE];
    va_list args;
    va_start (args, format);
    vsnprintf (why, sizeof why, format, args);
    va_end (args);
    self->fn (self->arg, kind, what, why);
}

/* ---- mail */

/* The channel that names the address; NULL: none. */
static const policy_channel_t *channel_at (const policy_t *policy, const char *address)
{
    for (size_t i = 0; i < policy->channels_n; i++)
        for (size_t k = 0; k < policy->channels[i].addresses_n; k++)
            if (strcasecmp (policy->channels[i].addresses[k], address) == 0)
                return &policy->channels[i];
    return NULL;
}

static void of_addresses (const clash_t *self, const policy_channel_t *channel)
{
    for (size_t i = 0; i < channel->addresses_n; i++) {
        const policy_channel_t *theirs = channel_at (self->other, channel->addresses[i]);
        if (theirs)
            say (self, CLASH_MAIL, channel->addresses[i],
                 "channel '%s' names it, and so does channel '%s' of workspace '%s': mail to it comes to neither "
                 "until one of the two lets go of it",
                 channel->name, theirs->name, self->other->workspace);
    }
}

/* What a channel names counts before what is only a sender. */
static void of_sender (const clash_t *self)
{
    identity_t mine, theirs;
    if (!self->mine->mail_from || !self->other->mail_from || strcmp (self->mine->mail_from, POLICY_MAIL_FROM) == 0 ||
        !identity_mail (self->mine->mail_from, &mine) || !identity_mail (self->other->mail_from, &theirs) ||
        strcasecmp (mine.value, theirs.value) != 0 || channel_at (self->mine, mine.value) ||
        channel_at (self->other, mine.value))
        return;
    say (self, CLASH_MAIL, mine.value,
         "workspace '%s' sends from it, too ('mail_from'), and no channel names it: bounces and answers to it come to "
         "neither; name it in a channel of one, or let one send from another",
         self->other->workspace);
}

/* ---- secrets */

static bool is_channels (const policy_secret_t *secret)
{
    return strstr (secret->what, " of channel '") && strcmp (secret->name, "callback") != 0;
}

static void look_for (void *arg, const policy_secret_t *secret)
{
    clash_t *self = arg;
    self->found |= is_channels (secret) && strcmp (secret->name, self->name) == 0;
}

static void of_secret (void *arg, const policy_secret_t *secret)
{
    clash_t *self = arg;
    if (!is_channels (secret))
        return;
    self->name = secret->name;
    self->found = false;
    policy_secrets (self->other, look_for, self);
    if (self->found)
        say (
            self, CLASH_SECRET, secret->name,
            "it is the file of a key for %s, and for a channel of workspace '%s': where the two have accounts of their "
            "own at the platform, let one of them name another file",
            secret->what, self->other->workspace);
}

void policy_clashes (const policy_t *mine, const policy_t *other, policy_clash_fn *fn, void *arg)
{
    clash_t self = {.mine = mine, .other = other, .fn = fn, .arg = arg};
    for (size_t i = 0; i < mine->channels_n; i++)
        of_addresses (&self, &mine->channels[i]);
    of_sender (&self);
    policy_secrets (mine, of_secret, &self);
}
