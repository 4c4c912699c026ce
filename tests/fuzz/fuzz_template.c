/* Templates of notices: what passes the check has no slot left, and values bring none. */
#include "fuzz.h"
#include "template.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    uint8_t kind = fuzz_choice (data, &size);
    char *value = fuzz_line (&data, &size), *text = fuzz_text (data, size), name[NAME_SIZE];
    const template_slot_t slots[] = {{"person", "Ada"}, {"subject", value}, {"link_accept", ""}, {"text", value}};
    long wrong = template_check (text, template_slot_names, name, sizeof name);
    MUST (wrong >= -1 && wrong <= (long)strlen (text));
    char *out = template_expand (text, slots, sizeof slots / sizeof *slots, kind & 1);
    if (kind & 1)
        for (const char *at = out; *at; at++)
            MUST ((unsigned char)*at >= ' ' && *at != 127);
    free (out);
    free (value);
    free (text);
    return 0;
}
