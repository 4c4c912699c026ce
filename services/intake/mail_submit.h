/* mail_submit.h - from what a mail says to what the pipeline takes. Pure. */
#ifndef BUCKSTOP_MAIL_SUBMIT_H
#define BUCKSTOP_MAIL_SUBMIT_H

#include "mail_in.h"
#include "mail_places.h"
#include "mail_tag.h"
#include "spool.h"

#include "buckstop/v1/action.pb-c.h"

enum { MAIL_THREAD_SIZE = ADDRESS_SIZE, MAIL_THREADS_MAX = 8 };

/* A Submit, and the room that it borrows from; it also borrows from the mail. Large: not for the stack. */
typedef struct mail_submit {
    Buckstop__V1__Submit submit;
    bool contact_is_hint;
    char contact[ID_SIZE];
    char thread[MAIL_THREAD_SIZE];
    char references[MAIL_THREADS_MAX][MAIL_THREAD_SIZE];
    char *reference_rows[MAIL_THREADS_MAX];
    char message_id[ADDRESS_SIZE];
    char hashes[ATTACHMENTS_MAX][SPOOL_HASH_SIZE];
    Buckstop__V1__Attachment files[ATTACHMENTS_MAX];
    Buckstop__V1__Attachment *file_rows[ATTACHMENTS_MAX];
} mail_submit_t;

/* The id by which a mail is known once: its Message-ID; without one that of its bytes. */
void mail_id (const mail_in_t *mail, const void *bytes, size_t size, char id[ADDRESS_SIZE]);
/* Is it one that we have sent ourselves? The rule, or NULL. */
const char *mail_is_ours (const mail_in_t *mail, const char *workspace, const policy_t *policy);
/* Is the list that it came by one of our own addresses: a group that hands our mail on? */
bool mail_is_by_our_list (const mail_in_t *mail, const policy_t *policy);
/* Which contact its tags name, signed by us: as a rule the one that it belongs to. False: none. Of a tag in a message id,
 * found->delivery is what it answers, or what it is. */
bool mail_is_about (const mail_in_t *mail, const mail_place_t *place, const policy_t *policy, mail_tag_t *found);
/* Why no machine is to answer it; NULL: one may. */
const char *mail_wants_no_answer (const mail_in_t *mail);
/* sender: of the envelope, or NULL. id: of mail_id. hashes of kept files are filled in by the caller, before or after; ""
 * where a file is not kept, and `unkept` says why. */
void mail_submit_fill (mail_submit_t *self, const mail_in_t *mail, const char *sender, const char *id,
                       const mail_place_t *place, const policy_t *policy, const char *unkept);

#endif
