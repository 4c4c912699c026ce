/* channels.h - a policy with every channel whose description ships, for the targets that read by descriptions. */
#ifndef BUCKSTOP_FUZZ_CHANNELS_H
#define BUCKSTOP_FUZZ_CHANNELS_H

#include "channel_in.h"
#include "channel_out.h"
#include "fuzz.h"

#include <gmime/gmime.h>

static policy_t *policy;

static char *read_description (const char *name, size_t *size)
{
    enum { DESCRIPTION_MAX = 64 * 1024 };
    char path[512], *text = xmalloc (DESCRIPTION_MAX);
    snprintf (path, sizeof path, FUZZ_DIR "/../../deploy/channels/%s", name);
    FILE *file = fopen (path, "r");
    if (!file) {
        snprintf (path, sizeof path, FUZZ_DIR "/../../deploy/downstream/%s", name);
        file = fopen (path, "r");
    }
    MUST (file);
    *size = fread (text, 1, DESCRIPTION_MAX, file);
    fclose (file);
    return text;
}

/* In this order: the corpus names them by number. */
static const char *const channel_names[] = {"intercom",    "mailgun",    "messenger",    "postmark", "sendgrid",
                                            "slack",       "twilio-sms", "twilio-voice", "web-form", "whatsapp-cloud",
                                            "zendesk",     "telegram",   "pagerduty",    "teams",    "ntfy",
                                            "alertmanager"}; /* of deploy/downstream */
enum {
    CHANNELS = 12,
    CHANNELS_ALL = sizeof channel_names / sizeof *channel_names
}; /* that take webhooks; that there are */

int LLVMFuzzerInitialize (int *argc, char ***argv)
{
    char head[8192] =
        "workspace: desk\ncountry: \"+49\"\nlast_resort: ada\npeople: {ada: {ways: [{log: a}]}}\nchannels:\n";
    (void)argc, (void)argv;
    g_mime_init ();
    for (size_t i = 0; i < CHANNELS_ALL; i++)
        snprintf (
            head + strlen (head), sizeof head - strlen (head),
            "  %s: {use: %s.yaml, settings: {account: AC1, from: '+491', dial: '+492', number_id: '1', admin: '2', "
            "subdomain: example, agent: a@example.com, callback: 'https://example.com/c', "
            "url: 'https://example.com'}}\n",
            channel_names[i], channel_names[i]);
    char *text = xstrdup (head);
    size_t length = strlen (text);
    for (size_t i = 0; i < CHANNELS_ALL; i++) {
        char name[64];
        size_t size;
        snprintf (name, sizeof name, "%s.yaml", channel_names[i]);
        char *bytes = read_description (name, &size);
        char *longer = policy_append_used (text, length, name, bytes, size, &length);
        free (bytes);
        free (text);
        text = longer;
    }
    policy_errors_t errors;
    policy = policy_parse (text, length, &errors);
    for (size_t i = 0; i < errors.n; i++)
        fprintf (stderr, "%d:%d %s\n", errors.items[i].line, errors.items[i].column, errors.items[i].what);
    MUST (policy);
    free (text);
    return 0;
}

#endif
