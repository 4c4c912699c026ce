/* one_workspace.h - stand-ins for what a service asks of the rest: one workspace, in the only shard, without a policy. For
 * tests that include the file under test; included once, behind it. */
#ifndef BUCKSTOP_ONE_WORKSPACE_H
#define BUCKSTOP_ONE_WORKSPACE_H

int store_shard (const store_t *self, const char *workspace)
{
    (void)self, (void)workspace;
    return 0;
}

const char *workspaces_name (workspaces_t *self, size_t index)
{
    (void)self;
    return index ? NULL : "acme";
}

const policy_t *workspaces_policy (workspaces_t *self, const char *workspace)
{
    (void)self, (void)workspace;
    return NULL;
}

void metric_add (const char *name, int64_t n)
{
    (void)name, (void)n;
}

#endif
