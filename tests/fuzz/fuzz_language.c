/* Texts whose language is sought: any bytes, also cut within a character. */
#include "fuzz.h"
#include "languages.h"

static recogniser_t *known;

int LLVMFuzzerInitialize (int *argc, char ***argv)
{
    (void)argc, (void)argv;
    known = languages_load (LANGUAGES_DIRECTORY);
    MUST (known);
    return 0;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char code[LANGUAGE_SIZE];
    char *text = fuzz_bytes (data, size); /* no zero behind it: the size counts */
    language_of (known, text, size, code);
    MUST (strlen (code) < LANGUAGE_SIZE);
    free (text);
    return 0;
}
