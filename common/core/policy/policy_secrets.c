/* policy_secrets.c - which files of the secrets directory a policy needs, so that what is missing is said before the first
 * message needs it.
 *
 * A channel's call counts where answers go by it, or somebody is told by it. The key of callbacks counts where a channel of
 * the policy itself answers so; a submission may ask for one elsewhere. */
#include "policy_secrets.h"

#include "channel_in.h"
#include "channel_out.h"
#include "policy_builtin.h"
#include "template.h"
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTINGS_MAX = 64 };

typedef struct walk {
    policy_secret_fn *fn;
    void *arg;
} walk_t;

static void __attribute__ ((format (printf, 4, 5)))
say (const walk_t *self, enum policy_reader reader, const char *name, const char *format, ...)
{
    policy_secret_t secret = {.name = name, .reader = reader};
    va_list args;
    va_start (args, format);
    vsnprintf (secret.what, sizeof secret.what, format, args);
    va_end (args);
    self->fn (self->arg, &secret);
}

static bool is_told_by (const policy_t *policy, const policy_channel_t *channel)
{
    for (size_t i = 0; i < policy->people_n; i++)
        for (size_t k = 0; k < policy->people[i].ways_n; k++)
            if (policy->people[i].ways[k].channel == channel)
                return true;
    return false;
}

/* A setting may name the file. */
static char *expanded (const policy_channel_t *channel, const char *text)
{
    template_slot_t slots[SETTINGS_MAX];
    char names[SETTINGS_MAX][NAME_SIZE + 4];
    size_t n = 0;
    for (; n < channel->settings_n && n < SETTINGS_MAX; n++) {
        snprintf (names[n], sizeof names[n], "set.%s", channel->settings[n].name);
        slots[n] = (template_slot_t){names[n], channel->settings[n].value};
    }
    return template_expand (text, slots, n, 1);
}

static void of_out (const walk_t *self, const policy_t *policy, const policy_channel_t *channel)
{
    bool answers = channel->answer == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CHANNEL ||
                   (channel->in && channel->answer == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_UNSPECIFIED);
    if (!channel->out || !channel->out->secret || !(answers || is_told_by (policy, channel)))
        return;
    char *name = expanded (channel, channel->out->secret);
    say (self, READER_NOTIFICATION, name, "the call of channel '%s'", channel->name);
    free (name);
}

static void of_in (const walk_t *self, const policy_channel_t *channel)
{
    const channel_in_t *in = channel->in;
    if (!in)
        return;
    if (in->verify.kind != SIGNATURE_NONE && in->verify.secret)
        say (self, READER_INTAKE, in->verify.secret, "the webhook of channel '%s'", channel->name);
    for (size_t i = 0; i < in->challenges_n; i++)
        if (in->challenges[i].secret)
            say (self, READER_INTAKE, in->challenges[i].secret, "the set-up question of channel '%s'", channel->name);
}

void policy_secrets (const policy_t *policy, policy_secret_fn *fn, void *arg)
{
    const walk_t self = {fn, arg};
    for (size_t i = 0; i < policy->channels_n; i++) {
        const policy_channel_t *channel = &policy->channels[i];
        of_in (&self, channel);
        of_out (&self, policy, channel);
        if (channel->answer == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CALLBACK &&
            policy->channels != policy_builtin_channels)
            say (&self, READER_NOTIFICATION, "callback", "the callbacks of channel '%s'", channel->name);
    }
    for (size_t i = 0; i < policy->people_n; i++)
        for (size_t k = 0; k < policy->people[i].ways_n; k++)
            if (policy->people[i].ways[k].secret)
                say (&self, READER_NOTIFICATION, policy->people[i].ways[k].secret, "the webhook of person '%s'",
                     policy->people[i].name);
}
