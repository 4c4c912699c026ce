/* bundle_tell.c - what became of a bundle, said to each contact that it tells of.
 *
 * Told: a bundle, and the word about it. Says: a fact at the end of each contact's timeline. The event of it is said once,
 * for the bundle: these are no ends of notices, each of those ended when it was bundled. */
#include "notification_private.h"

#include "keys.h"
#include "plan.h"
#include "words.h"

#include <stdlib.h>

static void tell_one (commit_t *commit, int shard, const delivery_t *bundle, size_t i, const bundle_word_t *word)
{
    const bundle_line_t *line = &bundle->lines[i];
    const char *why = word->only_moot ? word->known->moot[i] : word->why;
    contact_t named = {0};
    char key[KEY_SIZE];
    size_t size;
    WORD_COPY (named.id, line->contact);
    WORD_COPY (named.workspace, bundle->workspace);
    fact_t fact = *word->fact;
    fact.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_BUNDLE;
    fact.promise = line->promise;
    snprintf (fact.detail, sizeof fact.detail, "%s: %s by %s, in one notice of %zu: %s%s%s", word->how,
              purpose_name (line->purpose), way_name (bundle->way), bundle->lines_n, bundle->id, *why ? ": " : "",
              WORD_CUT (why, 100));
    uint8_t *bytes = event_pack (bundle->workspace, &named, bundle->person, &fact, 1, NULL, 0, fact.at, true, &size);
    commit_append (commit, key_timeline (key, shard, bundle->workspace, line->contact), bytes, size);
    free (bytes);
}

static bool is_told (const bundle_word_t *word, size_t line)
{
    const bundle_known_t *known = word->known;
    return !known->mute[line] && (known->moot[line] || !word->only_moot);
}

void bundle_tell (commit_t *commit, int shard, const delivery_t *bundle, const bundle_word_t *word)
{
    for (size_t i = 0; i < bundle->lines_n; i++)
        if (is_told (word, i))
            tell_one (commit, shard, bundle, i, word);
}
