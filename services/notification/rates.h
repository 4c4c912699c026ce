/* rates.h - what each provider may be sent, as the operator says it: by way or by host. Pure. */
#ifndef BUCKSTOP_RATES_H
#define BUCKSTOP_RATES_H

#include "bucket.h"

enum { RATES_MAX = 64 };

typedef struct rate {
    char name[ADDRESS_SIZE]; /* "mail", "sms.example.com", "sms.example.com:8443" */
    bucket_t bucket;
} rate_t;

typedef struct rates {
    rate_t rows[RATES_MAX];
    size_t n;
} rates_t;

/* "mail=30/s, sms.example.com=5/m:2": so many a second, minute, hour or day; behind the colon how many at once (else as
 * many as a second brings, at least one). Adds rows. 0; or -1, and why. */
int rates_read (rates_t *self, const char *text, char why[DETAIL_SIZE]);
/* The row of a way's name, or of a host: "a:443" has the row "a:443", else the row "a". NULL: none. */
rate_t *rates_find (rates_t *self, const char *name);

#endif
