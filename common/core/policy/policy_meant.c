/* policy_meant.c - a name that the policy does not know: which of its own was perhaps meant.
 *
 * Hears: the policy, the word. Says: words to put behind a refusal; nothing when none is near.
 */
#include "meant.h"
#include "policy.h"

const char *policy_meant (const policy_t *self, policy_names_t which, const char *word, char text[WORD_MEANT_SIZE])
{
    const struct {
        const void *rows; /* each begins with its name */
        size_t n, size;
    } tables[] = {[POLICY_PEOPLE] = {self->people, self->people_n, sizeof *self->people},
                  [POLICY_TEAMS] = {self->teams, self->teams_n, sizeof *self->teams},
                  [POLICY_CHANNELS] = {self->channels, self->channels_n, sizeof *self->channels}};
    const char *near = word_nearest (word, tables[which].rows, tables[which].n, tables[which].size);
    return word_meant (near, text);
}
