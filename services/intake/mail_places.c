/* mail_places.c - where a mail address leads.
 *
 * The addresses of all channels of all workspaces, and the senders of all workspaces (`mail_from`: bounces come back to it,
 * and who answers a mail of ours without looking), as one sorted table; made anew when a policy was swapped and somebody
 * asks. Addresses are the same in any case of letters. What a channel names counts before what is only a sender: a
 * workspace that sends in the name of another one's address does not take its mail away.
 *
 * Limits: an address that two workspaces claim in the same way leads nowhere until one lets go of it; but who says the
 * workspace (a token) is understood. */
#include "mail_places.h"

#include "identity.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <strings.h>

typedef struct row {
    char address[ADDRESS_SIZE]; /* "@example.com": of a whole domain */
    char workspace[NAME_SIZE], channel[NAME_SIZE];
    bool sender; /* mail_from: counts where no channel names the address */
    int order;   /* of two rows of one workspace the lower one counts */
} row_t;

struct mail_places {
    workspaces_t *workspaces;
    row_t *rows;
    size_t n, room;
    bool stale;
};

/* --------------------------------------------------------------- the table */

static void add (mail_places_t *self, const char *address, const char *workspace, const char *channel, bool sender)
{
    if (self->n == self->room) {
        self->room = self->room ? 2 * self->room : 16;
        self->rows = xrealloc (self->rows, self->room * sizeof *self->rows);
    }
    row_t *row = &self->rows[self->n];
    *row = (row_t){.sender = sender, .order = (int)self->n};
    self->n++;
    WORD_COPY (row->address, address);
    WORD_COPY (row->workspace, workspace);
    WORD_COPY (row->channel, channel);
}

/* Whoever writes to the sender of our mails: the first channel that has addresses, else the first that answers by mail. */
static const char *channel_of_sender (const policy_t *policy)
{
    for (size_t i = 0; i < policy->channels_n; i++)
        if (policy->channels[i].addresses_n)
            return policy->channels[i].name;
    for (size_t i = 0; i < policy->channels_n; i++)
        if (policy->channels[i].answer == BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL)
            return policy->channels[i].name;
    return "";
}

static void add_policy (mail_places_t *self, const char *workspace, const policy_t *policy)
{
    identity_t sender;
    for (size_t i = 0; i < policy->channels_n; i++)
        for (size_t a = 0; a < policy->channels[i].addresses_n; a++)
            add (self, policy->channels[i].addresses[a], workspace, policy->channels[i].name, false);
    if (policy->mail_from && identity_mail (policy->mail_from, &sender))
        add (self, sender.value, workspace, channel_of_sender (policy), true);
}

static int compare (const void *a_p, const void *b_p)
{
    const row_t *a = a_p, *b = b_p;
    int by_address = strcasecmp (a->address, b->address);
    if (by_address)
        return by_address;
    return a->sender != b->sender ? a->sender - b->sender : a->order - b->order;
}

static void refresh (mail_places_t *self)
{
    const char *workspace;
    if (!self->stale)
        return;
    self->stale = false;
    self->n = 0;
    for (size_t i = 0; (workspace = workspaces_name (self->workspaces, i)); i++) {
        const policy_t *policy = workspaces_policy (self->workspaces, workspace);
        if (policy)
            add_policy (self, workspace, policy);
    }
    if (self->n)
        qsort (self->rows, self->n, sizeof *self->rows, compare);
}

static void on_change (void *arg, const char *workspace, const policy_t *policy)
{
    (void)workspace, (void)policy;
    mail_places_t *self = arg;
    self->stale = true;
}

mail_places_t *mail_places_new (workspaces_t *workspaces)
{
    mail_places_t *self = xcalloc (1, sizeof *self);
    self->workspaces = workspaces;
    self->stale = true;
    workspaces_on_change (workspaces, on_change, self);
    return self;
}

void mail_places_destroy (mail_places_t **self_p)
{
    mail_places_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    free (self->rows);
    free (self);
}

/* ------------------------------------------------------------------ asking */

/* The first row of that address; NULL: none. */
static const row_t *row_of (const mail_places_t *self, const char *address)
{
    size_t low = 0, high = self->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcasecmp (self->rows[middle].address, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < self->n && strcasecmp (self->rows[low].address, address) == 0 ? &self->rows[low] : NULL;
}

/* workspace: it alone is asked; NULL: all. */
static mail_places_found_t look (const mail_places_t *self, const char *workspace, const char *address,
                                 mail_place_t *place)
{
    const row_t *found = NULL;
    const row_t *row = row_of (self, address);
    for (; row && row < self->rows + self->n && strcasecmp (row->address, address) == 0; row++) {
        if ((workspace && strcmp (row->workspace, workspace) != 0) ||
            workspaces_removed (self->workspaces, row->workspace))
            continue;
        if (!found)
            found = row;
        else if (row->sender == found->sender && strcmp (row->workspace, found->workspace) != 0)
            return PLACE_DOUBTFUL;
    }
    if (!found)
        return PLACE_UNKNOWN;
    WORD_COPY (place->workspace, found->workspace);
    WORD_COPY (place->channel, found->channel);
    return PLACE_FOUND;
}

mail_places_found_t mail_places_find (mail_places_t *self, const char *workspace, const char *address,
                                      mail_place_t *place)
{
    char bare[ADDRESS_SIZE];
    const char *at = strrchr (address, '@'), *plus = strchr (address, '+');
    if (!workspaces_loaded (self->workspaces))
        return PLACE_NOT_YET;
    refresh (self);
    *place = (mail_place_t){.workspace = ""};
    WORD_COPY (place->address, address);
    mail_places_found_t found = look (self, workspace, address, place);
    if (found != PLACE_UNKNOWN || !at)
        return found;
    if (plus && plus < at) {
        snprintf (bare, sizeof bare, "%.*s%s", (int)(plus - address), address, at);
        found = look (self, workspace, bare, place);
    }
    return found == PLACE_UNKNOWN ? look (self, workspace, at, place) : found;
}

bool mail_places_channel (const mail_places_t *self, const char *workspace, const char *channel, mail_place_t *place)
{
    const policy_t *policy = workspaces_policy (self->workspaces, workspace);
    if (!policy || !policy_channel (policy, channel))
        return false;
    *place = (mail_place_t){.workspace = ""};
    WORD_COPY (place->workspace, workspace);
    WORD_COPY (place->channel, channel);
    return true;
}
