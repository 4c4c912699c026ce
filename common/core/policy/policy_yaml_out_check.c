/* policy_yaml_out_check.c - what only shows once a channel is read as a whole: does it set what its `out:` uses?
 *
 * The two may stand in different documents, in either order. */
#include "channel_out.h"
#include "ids.h"
#include "policy_yaml.h"

#include <stdio.h>
#include <string.h>

static bool is_set (const policy_channel_t *channel, const char *name)
{
    for (size_t i = 0; i < channel->settings_n; i++)
        if (strcmp (channel->settings[i].name, name) == 0)
            return true;
    return false;
}

/* Each {set.NAME} of a text that the channel does not set. */
static void check_settings (reader_t *self, const node_t *at, const policy_channel_t *channel, const char *text)
{
    for (text = text ? strstr (text, "{set.") : NULL; text; text = strstr (text + 1, "{set.")) {
        char name[NAME_SIZE] = "", expected[DETAIL_SIZE];
        size_t length = strcspn (text + 5, "}");
        if (length >= sizeof name)
            continue;
        memcpy (name, text + 5, length);
        name[length] = 0;
        if (is_set (channel, name))
            continue;
        snprintf (expected, sizeof expected, "settings: {%s: ...}", name);
        yaml_fail (self, at, expected, "channel '%s' does not set '%s', which its out: uses", channel->name, name);
    }
}

/* A secret that a setting names is the name of a file, too. */
static void check_secret (reader_t *self, const node_t *at, const policy_channel_t *channel)
{
    for (size_t i = 0; channel->out->secret && i < channel->settings_n; i++) {
        const policy_setting_t *setting = &channel->settings[i];
        char slot[NAME_SIZE + 8];
        snprintf (slot, sizeof slot, "{set.%s}", setting->name);
        if (strcmp (slot, channel->out->secret) == 0 && !name_valid (setting->value))
            yaml_fail (self, at, "the name of a file in the secrets directory: 1 to 32 letters, digits, '.', '_', '-'",
                       "the setting '%s' of channel '%s' is no name of a secret's file", setting->name, channel->name);
    }
}

/* A URL that begins with a setting. */
static void check_url (reader_t *self, const node_t *at, const policy_channel_t *channel)
{
    const char *url = channel->out->url;
    for (size_t i = 0; url && i < channel->settings_n; i++) {
        const policy_setting_t *setting = &channel->settings[i];
        char slot[NAME_SIZE + 8];
        int size = snprintf (slot, sizeof slot, "{set.%s}", setting->name);
        if (strncmp (url, slot, (size_t)size) != 0)
            continue;
        if (strncmp (setting->value, "https://", 8) != 0 && strncmp (setting->value, "http://", 7) != 0)
            yaml_fail (self, at, "a URL that begins with https:// or http://",
                       "the setting '%s' of channel '%s', where its out: is sent, is none", setting->name,
                       channel->name);
        return;
    }
}

static void check_node (reader_t *self, const node_t *at, const policy_channel_t *channel, const out_node_t *node)
{
    check_settings (self, at, channel, node->text);
    for (size_t i = 0; i < node->kids_n; i++)
        check_node (self, at, channel, &node->kids[i]);
}

void yaml_check_call (reader_t *self, const node_t *at, const policy_channel_t *channel)
{
    const channel_out_t *out = channel->out;
    check_settings (self, at, channel, out->url);
    check_url (self, at, channel);
    check_settings (self, at, channel, out->auth == OUT_AUTH_BASIC ? out->auth_word : NULL);
    check_settings (self, at, channel, out->secret);
    check_secret (self, at, channel);
    for (size_t i = 0; i < out->headers_n; i++)
        check_settings (self, at, channel, out->headers[i].value);
    check_node (self, at, channel, out->body);
}

void yaml_check_out (reader_t *self, const node_t *at, const policy_channel_t *channel)
{
    const channel_out_t *out = channel->out;
    bool used = channel->answer == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CHANNEL ||
                channel->answer == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_UNSPECIFIED;
    if (out && used) {
        yaml_check_call (self, at, channel);
    } else if (!out && channel->answer == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CHANNEL) {
        yaml_fail (self, at, "out: how answers are sent, in the channel or in the file that it uses",
                   "channel '%s' answers by the channel itself, and nothing says how", channel->name);
    }
}
