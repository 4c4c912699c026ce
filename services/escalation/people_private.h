/* people_private.h - what the files about a person's timer share.
 *
 *   people.c         the timer: presence ends, or is prolonged; what ends the drain, or puts it off
 *   people_return.c  one epoch after the other: what is held is returned */
#ifndef BUCKSTOP_PEOPLE_PRIVATE_H
#define BUCKSTOP_PEOPLE_PRIVATE_H

#include "escalation_private.h"

enum { DRAIN_MAX = 512 }; /* contacts of one pass; the next pass takes the rest */

typedef struct held {
    char contact[ID_SIZE];
    char member[MEMBER_SIZE];
    wall_ms_t score;
    uint64_t version;
    uint8_t *record;
    size_t record_size;
} held_t;

typedef struct drain {
    lookout_t *lookout;
    record_head_t head;
    person_t person, before; /* before: as leased */
    uint32_t epoch;          /* the one that is being drained */
    held_t held[DRAIN_MAX];
    size_t n, open;
    bool left;     /* something of this epoch could not be returned now */
    bool left_any; /* of any epoch: the timer must bring it back */
} drain_t;

static inline service_t *drain_service (const drain_t *self)
{
    return self->lookout->self->service;
}

/* people.c */
void drain_destroy (drain_t *self);
void drain_is_over (drain_t *self); /* the last epoch was looked at */

/* people_return.c */
void drain_epoch (drain_t *self); /* self->epoch, and those behind it; then drain_is_over */

#endif
