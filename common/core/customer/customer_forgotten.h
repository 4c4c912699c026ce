/* customer_forgotten.h - what of a contact says who the customer is or what was said, taken out. Pure.
 *
 * Kept are kinds, times, people of ours, promises: what the ledger counts. */
#ifndef BUCKSTOP_CUSTOMER_FORGOTTEN_H
#define BUCKSTOP_CUSTOMER_FORGOTTEN_H

#include "contact.h"

/* Ended, and nothing is on its way any more: it may be forgotten. */
bool contact_forgettable (const contact_t *contact);
/* customer_id: of the record whose it is, for one that names none yet. False: there was nothing to take out. */
bool contact_forget (contact_t *contact, const char *customer_id);

/* An entry of a timeline: texts and details are taken out. Malloc'd; one that can't be read becomes one that says
 * nothing. *changed is set when anything was taken out. */
uint8_t *timeline_forget (const void *bytes, size_t size, size_t *forgotten_size, bool *changed);
/* Files that the entry says were kept in the spool. */
size_t timeline_files (const void *bytes, size_t size);

/* An entry of the workspace's stream: the contact that it is about ("" : none, or it can't be read), and whether it says
 * anything that must go. */
bool event_remembers (const void *bytes, size_t size, char contact[ID_SIZE]);

#endif
