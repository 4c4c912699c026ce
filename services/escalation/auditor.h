/* auditor.h - the audit in the background, and its calls to whoever watches it. */
#ifndef BUCKSTOP_AUDITOR_H
#define BUCKSTOP_AUDITOR_H

#include "escalation.h"

typedef struct auditor auditor_t;

/* service and params must outlive it. */
auditor_t *auditor_new (service_t *service, const escalation_params_t *params);
void auditor_destroy (auditor_t **self_p);
void auditor_metrics (const auditor_t *self, FILE *out); /* NULL: prints nothing */

#endif
