/* The text of a policy, with the files that it uses: errors and doubts in their bounds, and what is taken is asked. */
#include "fuzz.h"
#include "policy.h"

enum { ERRORS_MAX = 100 };

/* libfyaml 0.7.12 loses a kilobyte when it gives up in the midst of a scalar (fy_atom_format_text). */
const char *__lsan_default_suppressions (void)
{
    return "leak:libfyaml.so";
}

static void ask (const policy_t *policy)
{
    const policy_subject_t about = {.channel = policy->channels_n ? policy->channels[0].name : "mail",
                                    .language = "de",
                                    .subject = "order 12345",
                                    .text = "my card was lost, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"};
    policy_match_rule (policy, &about);
    for (int kind = 0; kind <= PROMISE_KINDS; kind++)
        policy_promise (policy, (promise_kind_t)kind, &about);
    MUST (policy->last_resort && policy->default_team && policy->manager && policy->ladders_n > 0);
    MUST (policy_person (policy, policy->last_resort->name) == policy->last_resort);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char *text = fuzz_text (data, size);
    policy_errors_t errors, warnings;
    policy_t *policy = policy_check (text, size, &errors, &warnings);
    MUST ((policy == NULL) == (errors.n > 0));
    MUST (errors.n <= ERRORS_MAX && warnings.n <= ERRORS_MAX);
    for (size_t i = 0; i < errors.n; i++)
        MUST (errors.items[i].line > 0 && errors.items[i].column > 0 && *errors.items[i].what);
    char **uses = policy_uses (text, size);
    for (size_t i = 0; uses && uses[i]; i++)
        free (uses[i]);
    free (uses);
    free (text);
    if (policy)
        ask (policy);
    policy_destroy (&policy);
    policy_errors_clear (&errors);
    policy_errors_clear (&warnings);
    return 0;
}
