/* workspaces_refresh.c - who was refused because the policy is newer waits here until their workspace was read again.
 *
 * Hears: workspaces_refresh, the store's record. Says: the callback, also when the store is away: nothing changed then. */
#include "workspaces_private.h"

#include "keys.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

static void drop_waiters (waiter_t **list)
{
    while (*list) {
        waiter_t *waiter = *list;
        *list = waiter->next;
        free (waiter);
    }
}

void workspaces_forget (workspaces_t *self)
{
    drop_waiters (&self->waiting);
    drop_waiters (&self->serving);
}

static void on_refreshed (void *arg, const store_values_t *values)
{
    workspaces_t *self = arg;
    if (!workspaces_answered (self))
        return;
    waiter_t *served = self->serving;
    self->serving = NULL;
    if (!values->away && values->n == 1)
        workspaces_take (self, served->workspace, &values->items[0]);
    while (served) {
        waiter_t *waiter = served;
        served = waiter->next;
        if (waiter->fn)
            waiter->fn (waiter->arg);
        free (waiter);
    }
    workspaces_serve (self);
}

/* One read at a time, for all who wait for that workspace. Who asks while a read is under way waits for the next
 * one: the read may have passed before the change that they were refused for. */
void workspaces_serve (workspaces_t *self)
{
    char key[KEY_SIZE];
    if (self->serving || !self->waiting)
        return;
    char workspace[NAME_SIZE];
    memcpy (workspace, self->waiting->workspace, sizeof workspace);
    waiter_t **tail = &self->serving;
    for (waiter_t **at = &self->waiting; *at;) {
        waiter_t *waiter = *at;
        if (strcmp (waiter->workspace, workspace) != 0) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiter->next = NULL;
        *tail = waiter;
        tail = &waiter->next;
    }
    const char *keys[] = {key_workspace (key, store_shard (self->store, workspace), workspace)};
    self->calls++;
    store_get (self->store, keys, 1, on_refreshed, self);
}

void workspaces_refresh (workspaces_t *self, const char *workspace, loop_fn *fn, void *arg)
{
    waiter_t *waiter = xcalloc (1, sizeof *waiter);
    snprintf (waiter->workspace, sizeof waiter->workspace, "%s", workspace);
    waiter->fn = fn;
    waiter->arg = arg;
    waiter_t **end = &self->waiting;
    while (*end)
        end = &(*end)->next;
    *end = waiter;
    workspaces_serve (self);
}
