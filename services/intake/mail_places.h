/* mail_places.h - where a mail address leads: to a channel of a workspace, as the policies in force say. */
#ifndef BUCKSTOP_MAIL_PLACES_H
#define BUCKSTOP_MAIL_PLACES_H

#include "workspaces.h"

typedef struct mail_places mail_places_t;

typedef struct mail_place {
    char workspace[NAME_SIZE];
    char channel[NAME_SIZE];    /* "" : bounces alone are taken */
    char address[ADDRESS_SIZE]; /* as it was asked for; it may carry a tag */
} mail_place_t;

typedef enum mail_places_found {
    PLACE_FOUND,
    PLACE_UNKNOWN,
    PLACE_DOUBTFUL, /* two workspaces claim it */
    PLACE_NOT_YET,  /* the policies are not loaded */
} mail_places_found_t;

mail_places_t *mail_places_new (workspaces_t *workspaces);
void mail_places_destroy (mail_places_t **self_p);
/* What stands behind '+' in the local part is cut off where no policy names the address with it. workspace: it alone is
 * asked, so nothing is doubtful; NULL: all of them. */
mail_places_found_t mail_places_find (mail_places_t *self, const char *workspace, const char *address,
                                      mail_place_t *place);
/* Mail for that channel: fills the place, without an address. False: the workspace has no such channel. */
bool mail_places_channel (const mail_places_t *self, const char *workspace, const char *channel, mail_place_t *place);

#endif
