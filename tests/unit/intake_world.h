/* intake_world.h - the real intake on the fakes, for tests of what comes in. Included once, by the test's own program: what
 * stands here is its state. */
#ifndef BUCKSTOP_INTAKE_WORLD_H
#define BUCKSTOP_INTAKE_WORLD_H

#include "fake.h"
#include "intake.h"
#include "policy_apply.h"
#include "tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static loop_t *loop;
static store_t *store;
static service_t service;
static intake_params_t params;
static char operator_[TOKEN_SIZE];

static inline void world_applied (void *arg, const policy_applied_t *applied)
{
    (void)arg;
    if (applied->outcome > POLICY_SAME)
        fail_msg ("policy: %s %s", applied->why,
                  applied->errors && applied->errors->n ? applied->errors->items[0].what : "");
}

static inline void world_policy (const char *text)
{
    policy_apply (store, loop, text, strlen (text), "test", world_applied, NULL);
    fake_run ();
}

/* An empty store. */
static inline void world_open (uint64_t seed)
{
    fake_reset (seed);
    loop = loop_new ();
    store = store_new (loop, &(store_config_t){.address = "fake", .shards = SHARDS_DEFAULT});
    fake_run ();
}

static inline void world_issued (void *arg, const char *token, const token_info_t *info)
{
    (void)info;
    memcpy (arg, token, TOKEN_SIZE);
}

/* operator_: good for the workspace. */
static inline void world_operator (const char *workspace)
{
    tokens_issue (store, workspace, SCOPE_OPERATOR, NULL, "", world_issued, operator_);
}

/* Its doors are called "intake". given: NULL: nothing else is. */
static inline void world_start (const intake_params_t *given)
{
    service = (service_t){.loop = loop, .store = store, .submit = "intake"};
    params = given ? *given : (intake_params_t){.listen = ""};
    params.listen = "intake";
    assert_int_equal (service_start_in (&service, &intake_kind, &params), 0);
    fake_advance (100);
}

static inline int tear_down (void **state)
{
    (void)state;
    service_stop_in (&service, &intake_kind, &params);
    store_destroy (&store);
    loop_destroy (&loop);
    fake_reset (0);
    return 0;
}

#endif
