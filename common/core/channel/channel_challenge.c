/* channel_challenge.c - the questions that platforms ask at set-up, and who is answered. */
#include "channel_in.h"

#include <string.h>

static bool challenge_asked (const in_challenge_t *row, pick_scope_t *scope, GString *text)
{
    g_string_truncate (text, 0);
    if (!scope->request || strcmp (scope->request->method, row->method) != 0 || !pick_text (&row->when, scope, text))
        return false;
    return !row->is || strcmp (row->is, text->str) == 0;
}

const in_challenge_t *channel_challenged (const channel_in_t *self, pick_scope_t *scope)
{
    const in_challenge_t *found = NULL;
    GString *text = g_string_new (NULL);
    for (size_t i = 0; i < self->challenges_n && !found; i++)
        if (challenge_asked (&self->challenges[i], scope, text))
            found = &self->challenges[i];
    g_string_free (text, TRUE);
    return found;
}

bool channel_challenge (const channel_in_t *self, pick_scope_t *scope, const signature_secret_t *secrets, size_t n,
                        const in_challenge_t **row, GString **answer)
{
    *answer = NULL;
    *row = channel_challenged (self, scope);
    if (!*row)
        return false;
    GString *text = g_string_new (NULL);
    bool known = !(*row)->token.source ||
                 (pick_text (&(*row)->token, scope, text) && signature_is_secret (text->str, text->len, secrets, n));
    g_string_truncate (text, 0);
    if (known && pick_text (&(*row)->answer, scope, text))
        *answer = text;
    else
        g_string_free (text, TRUE);
    return true;
}
